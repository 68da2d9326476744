// What a batch needs of the store before it is applied: the sessions that its late events and its controls may
// touch, and, while another owner's last writes may still arrive, what that owner has erased.

import { isErase, isRepair, type PlacedControl } from './core/control.ts'
import { erasedSpanOf } from './core/erased-document.ts'
import type { PartitionSessions } from './core/partition-sessions.ts'
import { type TabSpan, wholeTab } from './core/tab-span.ts'
import type { Partition } from './owned-partition.ts'
import type { Recall } from './pipeline.ts'
import type { SessionStore } from './ports/session-store.ts'
import type { Telemetry } from './ports/telemetry.ts'
import { admit, recall, recallProfiles, refuseLaterEpoch } from './stored-sessions.ts'

export function recallFor(partition: Partition, store: SessionStore, telemetry: Telemetry): Recall {
  const { number, place } = partition
  /** Whether the partition was restored as of a later commit than the batch began at: the records between come again. */
  const isBehindRestore = (firstOffset: number) => firstOffset < place.offset

  async function knowErased(sessions: PartitionSessions, firstOffset: number): Promise<void> {
    const after = { epoch: place.epoch, offset: Math.min(place.offset, firstOffset) }
    // A search is not atomic: with one span, it may have missed that of an earlier erasure, which is stored before it.
    for (let isNew = true; isNew; ) {
      isNew = false
      for (const document of await store.erasedSpans({ partition: number, after }))
        if (sessions.knowErased(erasedSpanOf(document))) isNew = true
    }
  }

  async function askStore(
    firstOffset: number,
    late: readonly TabSpan[],
    controls: readonly PlacedControl[],
    sessions: PartitionSessions,
  ): Promise<void> {
    const erasures = controls.filter(isErase)
    const damaged = new Set(controls.filter(isRepair).map(({ control }) => control.tabId))
    const mayBeReadAgain = firstOffset < partition.readBefore
    if (isBehindRestore(firstOffset) || (mayBeReadAgain && controls.length > 0))
      await knowErased(sessions, firstOffset)
    const spans = [...late, ...sessions.erasureSpans(erasures)]
    if (spans.length === 0 && controls.length === 0) return
    const fresh = partition.hasForgotten
    partition.hasForgotten = false
    const profileIds = erasures
      .filter(({ control }) => control.tabId === null)
      .map(({ control }) => control.profileId)
    const recalled = [
      ...(await recall(store, spans, place, fresh)),
      ...(await recallProfiles(store, number, profileIds, place)),
    ]
    const found = await recall(store, [...damaged].map(wholeTab), place, fresh)
    // After the searches, before they have an effect: what they have seen, or missed, may have been written by another
    // owner, after the spans of what it erased.
    if (mayBeReadAgain) {
      // What an owner of a later epoch has erased may be another partition's: it is not asked for, but that one was there.
      const [{ latestEpoch }] = await Promise.all([store.summary(), knowErased(sessions, firstOffset)])
      refuseLaterEpoch(latestEpoch, place.epoch)
    }
    admit(sessions, recalled, place)
    // What another partition has written in this epoch is not ours to repair.
    const ours = found.filter(({ source }) => source.epoch < place.epoch || source.partition === number)
    for (const tabId of damaged)
      sessions.showDamaged(
        tabId,
        ours.filter(document => document.tabId === tabId),
      )
    telemetry({
      kind: 'SessionsRecalled',
      partition: number,
      spans: spans.length + damaged.size,
      documents: recalled.length + found.length,
    })
  }

  return ({ firstOffset, items }, sessions) => {
    const late = sessions.lateSpans(items.filter(item => 'raw' in item))
    const controls = items.filter(item => 'control' in item)
    if (late.length === 0 && controls.length === 0 && !isBehindRestore(firstOffset)) return null
    return askStore(firstOffset, late, controls, sessions)
  }
}
