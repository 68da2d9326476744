import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatherEvidence, noEvidence } from '../../src/core/evidence.ts'

// `screen: {}` on the first event hid the resolution that the second one told; so did the other groups.
test('a group with nothing in it is not carried', () => {
  const evidence = noEvidence()
  const empty = {
    screen: {},
    geo: {},
    app: { name: '' },
    clientHints: {},
    userAgent: '-',
    viewport: {},
    timeZone: 'Mars/Base',
  }
  gatherEvidence(evidence, empty, null, { time: 1, id: 'a' }, true)
  assert.deepEqual(evidence, noEvidence())
})

test('blank and hexadecimal coordinates are no place, and fractional sizes are rounded', () => {
  const evidence = noEvidence()
  const context = {
    geo: { latitude: ' ', longitude: '0x10', city: 'Kiel' },
    viewport: { width: 1280.5, height: 719.6 },
  }
  gatherEvidence(evidence, context, null, { time: 1, id: 'a' }, true)
  assert.deepEqual([evidence.geo?.value.location, evidence.geo?.value.longitude], [null, null])
  assert.equal(evidence.viewport?.value, '1281x720')
})
