import assert from 'node:assert/strict'
import { test } from 'node:test'
import { televisionOf } from '../../../../src/core/enrichment/television.ts'

const brandAndModel = (userAgent: string) => {
  const found = televisionOf(userAgent)
  return found === null ? null : [found.brand, found.model]
}

test('HbbTV has a place for vendor and model', () => {
  assert.deepEqual(brandAndModel('Mozilla/5.0 (Linux) HbbTV/1.5.1 (+DRM; Vestel; MB181; 3.19; ; _TV_; )'), [
    'Vestel',
    'MB181',
  ])
  assert.deepEqual(brandAndModel('HbbTV/1.2.1 (; Philips; ; ; ; )'), ['Philips', null])
  assert.equal(brandAndModel('HbbTV/1.1.1 (;;;;;)'), null)
})

test('so has what YouTube asks for, and VIDAA', () => {
  assert.deepEqual(
    brandAndModel(
      'Mozilla/5.0 (Linux armeabi-v7a; Android 7.0) Cobalt/11, _ATV_bigfish/NRD90M (FORMULER, Formuler Z8 Pro, Wired)',
    ),
    ['FORMULER', 'Formuler Z8 Pro'],
  )
  assert.deepEqual(brandAndModel('VIDAA/4.0(TOSHIBA;SmartTV;55C351N;mstar6886/V0000.01.00I.P0219;UHD)'), [
    'TOSHIBA',
    '55C351N',
  ])
})

test('some are known by what they call their system', () => {
  assert.deepEqual(brandAndModel('Mozilla/5.0 (SmartHub; SMART-TV; U; Linux/SmartTV)'), ['Samsung', null])
  assert.deepEqual(brandAndModel('Mozilla/5.0 (Web0S; Linux/SmartTV)'), ['LG', null])
  assert.equal(brandAndModel('Mozilla/5.0 (Windows NT 10.0; Win64; x64)'), null)
})
