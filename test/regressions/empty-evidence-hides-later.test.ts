import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Evidence, gatherEvidence } from '../../src/core/evidence.ts'

// `screen: {}` on the first event hid the resolution that the second one told; so did the other groups.
test('a group with nothing in it is not carried', () => {
  const evidence: Evidence = {}
  const empty = {
    screen: {},
    geo: {},
    app: { name: '' },
    clientHints: {},
    userAgent: '-',
    viewport: {},
    timeZone: 'Mars/Base',
  }
  gatherEvidence(evidence, empty, null, { time: 1, id: 'a' })
  assert.deepEqual(evidence, {})
})

test('blank and hexadecimal coordinates are no place, and fractional sizes are rounded', () => {
  const evidence: Evidence = {}
  const context = {
    geo: { latitude: ' ', longitude: '0x10', city: 'Kiel' },
    viewport: { width: 1280.5, height: 719.6 },
  }
  gatherEvidence(evidence, context, null, { time: 1, id: 'a' })
  assert.deepEqual([evidence.geo?.value.location, evidence.geo?.value.longitude], [null, null])
  assert.equal(evidence.viewport?.value, '1281x720')
})
