import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { rawEventSchema } from '../../src/core/raw-event.ts'
import { arbitraryEvents } from '../support/arbitrary-events.ts'
import { extremeEvent, jsonText } from '../support/extreme-values.ts'
import { asyncApi, asyncApiPath, example, jsonSchema, schemaPath } from '../support/producer-contracts.ts'

const require = createRequire(import.meta.url)
const isValid = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(jsonSchema()))
const isEvent = (value: unknown) => rawEventSchema.safeParse(value).success

describe('the JSON Schema for producers', () => {
  it('is made from the contract (`npm run docs` writes it)', () => {
    assert.equal(readFileSync(schemaPath, 'utf8'), jsonSchema())
  })

  it('takes every event that the contract takes, so that nothing it refuses would have been an event', () => {
    let [taken, refused] = [0, 0]
    const events = fc.oneof(
      extremeEvent.map(event => ({ eventId: 'e', tabId: 't', ...event })),
      arbitraryEvents().map(([first]) => first as object),
    )
    fc.assert(
      fc.property(events, event => {
        const value = JSON.parse(jsonText(event))
        const [bySchema, byContract] = [isValid(value), isEvent(value)]
        if (byContract) assert.ok(bySchema, JSON.stringify(isValid.errors))
        if (byContract) taken++
        else if (!bySchema) refused++
      }),
      { numRuns: 2_000 },
    )
    assert.ok(taken > 100 && refused > 10, `${taken} taken, ${refused} refused`)
  })

  it('refuses what the contract refuses: fields that are missing, of a wrong type, or over their limit', () => {
    const least = { eventId: 'e', tabId: 't', type: 'x' }
    const wrong: object[] = [
      {},
      { ...least, eventId: undefined },
      { ...least, tabId: '' },
      { ...least, type: 'x'.repeat(65) },
      { ...least, timestamp: true },
      { ...least, value: 1e10 },
      { ...least, profile: {} },
      { ...least, profile: 'p' },
      { ...least, context: { page: { url: 'u'.repeat(8193) } } },
      { ...least, context: { screen: { width: -1 } } },
      { ...least, context: { geo: { asn: 1.5 } } },
      { ...least, context: { clientHints: 'x' } },
      { ...least, properties: [] },
      { ...least, traits: { '': 1 } },
      { ...least, aux: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, i])) },
    ]
    for (const event of wrong) {
      const value = JSON.parse(JSON.stringify(event))
      assert.deepEqual([isValid(value), isEvent(value)], [false, false], JSON.stringify(event).slice(0, 200))
    }
    assert.deepEqual([isValid(least), isEvent(least)], [true, true])
  })
})

describe('the AsyncAPI document for producers', () => {
  it('is made from the contract (`npm run docs` writes it)', () => {
    assert.equal(readFileSync(asyncApiPath, 'utf8'), asyncApi())
  })

  it('is AsyncAPI 3.0, with an example that is an event', () => {
    const meta = require('@asyncapi/specs/schemas/3.0.0-without-$id.json')
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const fits = ajv.compile(meta)
    assert.ok(fits(JSON.parse(asyncApi())), JSON.stringify(fits.errors?.slice(0, 5)))
    assert.ok(!fits({ ...JSON.parse(asyncApi()), asyncapi: '2.6.0' }))
    assert.ok(isValid(example) && isEvent(example))
  })
})
