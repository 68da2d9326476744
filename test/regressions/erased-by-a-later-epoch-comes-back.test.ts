import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { arrivalOf, identityHash } from '../../src/core/dedupe-window.ts'
import { erasedSpanDocument } from '../../src/core/erased-document.ts'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import type { PlacedEvent } from '../../src/core/session.ts'
import { documentVersion } from '../../src/core/session-document.ts'
import { newPartition } from '../../src/owned-partition.ts'
import { recallFor } from '../../src/partition-recall.ts'
import { upgrading } from '../../src/upgrading-store.ts'
import { testSettings } from '../support/in-process.ts'

const time = Date.parse('2026-11-24T10:00:00Z')

function late(): PlacedEvent {
  const raw = { eventId: 'e', tabId: 't', type: 'x' }
  const position = { topic: 'raw-events', epoch: 0, partition: 0, offset: 1, timestamp: time }
  const [identity, arrival] = [identityHash('e', time), arrivalOf(0, 0)]
  return { raw, time, received: time, clockSkewMs: 0, position, identity, arrival }
}

// Simulation, seed 3610031: a process that a switch of epochs had left behind read a rewound log again. The session of
// a late event had been erased by the tab's new owner, as another partition's: neither it nor its span was found, and
// the event began it anew, for ever.
test('an event is not read again once a later epoch may have erased its session', async () => {
  for (const epoch of [0, 1]) {
    const store = new SqliteSessionStore(':memory:', 600_000)
    const position = { topic: 'raw-events', epoch, partition: 1, offset: 5, timestamp: time }
    const span = erasedSpanDocument({ tabId: 't', from: time, to: time, position })
    await store.write([{ ...span, version: documentVersion(position, 'erased') }])
    const sessions = new PartitionSessions(testSettings, time + 3_600_000)
    const partition = { ...newPartition(0, 0), readBefore: 3 }
    const recall = recallFor(partition, upgrading(store), () => {})
    const recalled = recall({ firstOffset: 0, items: [late()] }, sessions) as Promise<void>
    if (epoch === 0) await recalled
    else await assert.rejects(recalled, { code: 'epoch-mismatch' })
    await store.close()
  }
})
