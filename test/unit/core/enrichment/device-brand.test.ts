import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandName, brandOfModel } from '../../../../src/core/enrichment/device-brand.ts'

test('a maker has one name, however it is written', () => {
  for (const written of ['HUAWEI', 'huawei', 'Huawei']) assert.equal(brandName(written), 'Huawei')
  assert.equal(brandName('samsung'), 'Samsung')
  assert.equal(brandName('SonyEricsson'), 'Sony')
  assert.equal(brandName('LGE'), 'LG')
  assert.equal(brandName('Oneplus'), 'OnePlus')
})

test('a maker that no list has keeps its name, unless it shouts or whispers', () => {
  assert.equal(brandName('KALLEY'), 'Kalley')
  assert.equal(brandName('TCL'), 'TCL')
  assert.equal(brandName('wiko'), 'Wiko')
  assert.equal(brandName('i-mate'), 'I-mate')
  assert.equal(brandName('General Mobile'), 'General Mobile')
})

test("a model's first word may be its maker", () => {
  assert.equal(brandOfModel('Pixel 8 Pro'), 'Google')
  assert.equal(brandOfModel('CPH2273'), 'OPPO')
  assert.equal(brandOfModel('X96 mini'), null)
})
