import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { documentMapping } from '../../../src/adapters/elasticsearch-mapping.ts'
import { kibanaObjects } from '../../../src/adapters/kibana-dashboards.ts'
import { savedObjectLines } from '../../../src/adapters/kibana-import.ts'
import { faultsOf } from '../../support/kibana/saved-object-faults.ts'
import { controlsOf, panelsOf, type SavedObject, savedObjects } from '../../support/kibana/saved-panels.ts'

const objects = savedObjects(savedObjectLines(kibanaObjects('sessions')))
const dashboards = objects.filter(({ type }) => type === 'dashboard')
const mapping = documentMapping()

describe('the saved objects for Kibana', () => {
  it('are a data view of the alias and three dashboards, which an import takes as they are', () => {
    assert.deepEqual(
      objects.map(({ type, id }) => `${type} ${id}`),
      [
        'index-pattern sessionloom-sessions',
        'dashboard sessionloom-sessions-overview',
        'dashboard sessionloom-sessions-audience',
        'dashboard sessionloom-sessions-quality',
      ],
    )
    assert.equal(objects[0]?.attributes.title, 'sessions')
    assert.deepEqual(faultsOf(objects, mapping), [])
  })

  it('of another prefix stand beside them', () => {
    const others = savedObjects(savedObjectLines(kibanaObjects('trial')))
    assert.deepEqual(faultsOf(others, mapping), [])
    const ids = [...objects, ...others].map(({ id }) => id)
    assert.equal(new Set(ids).size, 8)
    assert.equal(new Set([...objects, ...others].map(({ attributes }) => attributes.title)).size, 8)
    assert.doesNotMatch(savedObjectLines(kibanaObjects('trial')), /sessionloom-sessions/)
  })

  it('leave robots out until a person wants them, on every dashboard', () => {
    for (const dashboard of dashboards) {
      const robots = controlsOf(dashboard).find(({ fieldName }) => fieldName === 'app.bot')
      assert.deepEqual(robots?.selected, ['false'], dashboard.id)
    }
  })

  it('explain themselves: each panel has a title and says what it shows', () => {
    for (const dashboard of dashboards) {
      assert.match(dashboard.attributes.description, /\w{3}.*\.$/)
      const titles = panelsOf(dashboard).map(({ title, description, type }) => {
        assert.match(title, /\w/, dashboard.id)
        assert.match(description, /.{12,}\.$/, title)
        return `${type} ${title}`
      })
      assert.equal(new Set(titles).size, titles.length)
    }
  })

  it('show whose data the places are', () => {
    assert(dashboards.some(({ attributes }) => attributes.panelsJSON.includes('https://db-ip.com')))
  })
})

describe('the check of saved objects', () => {
  const [dataView, dashboard] = objects as [SavedObject, SavedObject]
  const faults = (changed: SavedObject) => faultsOf([dataView, changed], mapping).join('\n')
  const panels = (change: (panels: ReturnType<typeof JSON.parse>) => void): SavedObject => {
    const list = JSON.parse(dashboard.attributes.panelsJSON)
    change(list)
    return { ...dashboard, attributes: { ...dashboard.attributes, panelsJSON: JSON.stringify(list) } }
  }
  const layer = (list: ReturnType<typeof JSON.parse>, i: number) =>
    list[i].embeddableConfig.attributes.state.datasourceStates.formBased.layers.layer

  it('finds a stamp that an older Kibana refuses, and one that is missing', () => {
    assert.match(faults({ ...dashboard, typeMigrationVersion: '10.1.0' }), /typeMigrationVersion/)
    const { typeMigrationVersion: _, ...unstamped } = dashboard
    assert.match(faults(unstamped), /typeMigrationVersion/)
    assert.match(faults({ ...dashboard, coreMigrationVersion: '8.9.0' }), /coreMigrationVersion/)
  })

  it('finds an attribute that Kibana forbids, and one that should be text', () => {
    const { attributes } = dashboard
    assert.match(faults({ ...dashboard, attributes: { ...attributes, tags: [] } }), /tags/)
    assert.match(faults({ ...dashboard, attributes: { ...attributes, panelsJSON: [] } }), /panelsJSON/)
  })

  it('finds references that lead nowhere, are missing, or are not used', () => {
    const [first, ...others] = dashboard.references
    assert(first)
    assert.match(faults({ ...dashboard, references: others }), /is missing/)
    const unused = { ...first, name: 'panel-99:indexpattern-datasource-layer-layer' }
    assert.match(faults({ ...dashboard, references: [...dashboard.references, unused] }), /is not used/)
    assert.match(faults({ ...dashboard, references: [{ ...first, id: 'gone' }, ...others] }), /leads nowhere/)
  })

  it('finds fields that are not in the mapping, or cannot be aggregated so', () => {
    const field = (name: string) =>
      faults(
        panels(list => {
          layer(list, 4).columns.value.sourceField = name
        }),
      )
    assert.match(field('activity.bouncing'), /activity.bouncing is not in the mapping/)
    assert.match(field('pages.entry.path'), /pages.entry.path is keyword/)
    const query = panels(list => {
      list[2].embeddableConfig.attributes.state.query.query = 'metadata.state : "active"'
    })
    assert.match(faults(query), /metadata.state is not in the mapping/)
  })

  it('finds panels over one another or beyond the edge, and a chart without its column', () => {
    const overlap = panels(list => {
      list[2].gridData.x = 4
    })
    assert.match(faults(overlap), /overlap/)
    const wide = panels(list => {
      list[0].gridData.w = 49
    })
    assert.match(faults(wide), /wider/)
    const chart = panels(list => {
      list[1].embeddableConfig.attributes.state.visualization.metricAccessor = 'gone'
    })
    assert.match(faults(chart), /gone/)
  })
})
