import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeviceLookup } from '../../../../src/adapters/ua-parser-device.ts'
import { posingFacts, withTouch } from '../../../../src/core/enrichment/ipad.ts'

const lookup = createDeviceLookup()
const facts = (system: string) =>
  lookup({
    userAgent: `Mozilla/5.0 (${system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15`,
    clientHints: null,
  })
const mac = facts('Macintosh; Intel Mac OS X 10_15_7')

test('a Mac with a touch screen is an iPad, of a version that nobody knows', () => {
  const { device, os, app } = withTouch(mac, true)
  assert.deepEqual(device, { name: 'Apple iPad', brand: 'Apple', model: 'iPad', type: 'tablet', touch: true })
  assert.deepEqual(os, { name: 'iPadOS', version: '' })
  assert.equal(app, mac.app)
})

test('a Mac without one, or whose screen is silent, is a Mac', () => {
  assert.deepEqual(withTouch(mac, false), mac)
  assert.equal(withTouch(mac, null), mac)
})

test('any other device stays what it is, and is touched as the screen says', () => {
  const windows = facts('Windows NT 10.0; Win64; x64')
  assert.deepEqual(withTouch(windows, true), { ...windows, device: { ...windows.device, touch: true } })
  assert.equal(withTouch(facts('iPhone; CPU iPhone OS 17_4 like Mac OS X'), false).device.touch, false)
})

test('what an iPad posed as can be told from the version that it claimed', () => {
  assert.deepEqual(posingFacts(mac.os.version, mac.app), mac)
})
