import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { type PanelData, panelData } from '../support/kibana/panel-data.ts'
import { type Sample, writeSampleSessions } from '../support/kibana/sample-sessions.ts'
import { type SavedObject, savedObjects } from '../support/kibana/saved-panels.ts'
import { kibanaPath } from '../support/readme-tables.ts'

const { node, skip } = elasticsearchUnderTest('kibana-panels.test.ts')

/** As they are delivered, not as the code would make them now. */
const delivered = savedObjects(readFileSync(kibanaPath, 'utf8'))
const dashboards = delivered.filter(({ type }) => type === 'dashboard')

/** Panels of faults that the sample does not have: their figure is a true nought. */
const noughts = ['Reduced documents']

describe('the dashboards on a real node with the sessions of the access log', { skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)
  const prefix = freshPrefix()
  let sample: Sample
  before(async () => {
    sample = await writeSampleSessions(client, prefix)
  })

  const dataOf = (dashboard: SavedObject) => panelData(client, dashboard, prefix, sample)

  for (const dashboard of dashboards)
    it(`show something in every panel of ${dashboard.attributes.title}`, async () => {
      const shown = (await dataOf(dashboard)).filter(({ panel }) => panel.type !== 'visualization')
      assert(shown.length > 10)
      const empty = shown.filter(({ panel, rows }) => !noughts.includes(panel.title) && isEmpty(rows))
      assert.deepEqual(
        empty.map(({ panel }) => panel.title),
        [],
      )
    })

  it('count people only, but where they are about robots', async () => {
    const all = (await Promise.all(dashboards.map(dataOf))).flat()
    const [figure] = rowsOf(all, 'Sessions')
    const people = { term: { 'app.bot': false } }
    const { count } = await client.count({ index: prefix, query: people })
    assert.equal(figure?.value, count)
    const robots = await client.count({ index: prefix, query: { term: { 'app.bot': true } } })
    assert(robots.count > 1_000)
    const shown = rowsOf(all, 'Robots and people over time').filter(({ split }) => split === 'Robots')
    assert.equal(
      shown.reduce((sum, { y0 }) => sum + Number(y0), 0),
      robots.count,
    )
  })

  it('count each session of the period once, over time, by length and by the hour', async () => {
    const all = (await Promise.all(dashboards.map(dataOf))).flat()
    const [figure] = rowsOf(all, 'Sessions')
    for (const [title, measure] of [
      ['Sessions over time, by device', 'y0'],
      ['How long sessions last', 'y0'],
      ['When sessions begin', 'value'],
      ['Active and ended sessions over time', 'y0'],
      ['How far each partition has come', 'sessions'],
      ['Wrong clocks', 'y0'],
    ] as const) {
      const sum = rowsOf(all, title).reduce((sum, row) => sum + Number(row[measure]), 0)
      assert.equal(sum, figure?.value, title)
    }
  })
})

const rowsOf = (all: readonly PanelData[], wanted: string) =>
  all.find(({ panel }) => panel.title === wanted)?.rows ?? []

/** No row, or none that has any figure but nought. */
function isEmpty(rows: PanelData['rows']): boolean {
  return !rows.some(row => Object.values(row).some(value => typeof value === 'number' && value !== 0))
}
