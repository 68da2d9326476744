// What a batch needs of the store before it is applied: the sessions that its late events and its controls may
// touch, and, while another owner's last writes may still arrive, what that owner has erased.
import { erasedSpanOf } from './core/erased-document.ts'
import type { PartitionSessions } from './core/partition-sessions.ts'
import type { Partition } from './owned-partition.ts'
import type { DecodedBatch, Recall } from './pipeline.ts'
import type { SessionStore } from './ports/session-store.ts'
import type { Telemetry } from './ports/telemetry.ts'
import { admit, recall, recallProfiles } from './stored-sessions.ts'

export function recallFor(partition: Partition, store: SessionStore, telemetry: Telemetry): Recall {
  const { number, place } = partition

  async function knowErased(sessions: PartitionSessions, firstOffset: number): Promise<void> {
    const after = { epoch: place.epoch, offset: Math.min(place.offset, firstOffset) }
    const erased = await store.erasedSpans({ partition: number, after })
    for (const document of erased) sessions.knowErased(erasedSpanOf(document))
  }

  return async ({ firstOffset, items }: DecodedBatch, sessions) => {
    const events = items.filter(item => 'raw' in item)
    const controls = items.filter(item => 'control' in item)
    const isReadAgain = firstOffset < partition.readBefore
    // Restored as of a later commit than the one that the batch began at: what lies between is read again.
    const isBehind = firstOffset < place.offset
    if (isBehind || (isReadAgain && controls.length > 0)) await knowErased(sessions, firstOffset)
    const spans = [...sessions.lateSpans(events), ...sessions.controlSpans(controls)]
    if (spans.length === 0 && controls.length === 0) return
    const fresh = partition.hasForgotten
    partition.hasForgotten = false
    const profileIds = controls
      .filter(({ control }) => control.tabId === null)
      .map(({ control }) => control.profileId)
    const recalled = [
      ...(await recall(store, spans, place, fresh)),
      ...(await recallProfiles(store, number, profileIds, place)),
    ]
    // After the searches, before they have an effect: what they have seen, or missed, may have been written by another
    // owner, after the spans of what it erased.
    if (isReadAgain) await knowErased(sessions, firstOffset)
    admit(sessions, recalled, place)
    telemetry({
      kind: 'SessionsRecalled',
      partition: number,
      spans: spans.length,
      documents: recalled.length,
    })
  }
}
