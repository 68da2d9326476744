import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CorpusName, corpusNames, readCorpus } from '../../accuracy/corpus.ts'
import { columns } from '../../accuracy/families.ts'
import { libraries, sessionloom } from '../../accuracy/libraries.ts'
import { percent, type Score, score, sum } from '../../accuracy/score.ts'

/** Percent, a little under what `npm run accuracy` prints. */
const floors: Readonly<Record<CorpusName, Partial<Record<keyof Score, number>>>> = {
  'uap-core': { browser: 80.5, os: 91, osVersion: 85, brand: 99, model: 99, bots: 98 },
  yauaa: { browser: 79.5, os: 96, osVersion: 87, type: 93.5, brand: 77, bots: 94.5, people: 97.5 },
  whichbrowser: {
    browser: 73.5,
    os: 84,
    osVersion: 79.5,
    type: 88,
    brand: 77.5,
    model: 28.5,
    bots: 99,
    people: 98.5,
  },
  intoli: { os: 97, type: 99.9, people: 100 },
  crawlers: { bots: 98.5 },
}

const ours = sessionloom()

describe('user agents that others have labelled', () => {
  for (const name of corpusNames)
    it(`are read as their labels say: ${name}`, () => {
      const shares = score(ours, readCorpus(name))
      for (const [measure, floor] of Object.entries(floors[name])) {
        const share = percent(shares[measure as keyof Score])
        assert.ok(share >= floor, `${measure}: ${share.toFixed(1)} % of ${floor} %`)
      }
    })

  it('are read better than by any library, in each column and in all together', () => {
    const rows = corpusNames.flatMap(name => readCorpus(name).filter((_, i) => i % 3 === 0))
    const own = score(ours, rows)
    for (const library of libraries().slice(1)) {
      const theirs = score(library, rows)
      assert.ok(sum(own) > sum(theirs) + 50, library.name)
      for (const column of columns)
        assert.ok(percent(own[column]) > percent(theirs[column]) - 1, `${column}: ${library.name}`)
    }
  })

  it('are each there once', () => {
    for (const name of corpusNames) {
      const rows = readCorpus(name)
      assert.ok(rows.length >= 500 && rows.length <= 2100, `${name}: ${rows.length}`)
      assert.equal(new Set(rows.map(({ ua, hints }) => ua + JSON.stringify(hints))).size, rows.length, name)
    }
  })
})
