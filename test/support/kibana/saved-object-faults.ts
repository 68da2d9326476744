// What Kibana 8.9 and later would not take, or not be able to show: versions, attributes, references, fields, layout.
// Drawn from Kibana's own migrations and schemas; it reads the objects as text and shares nothing with what writes them.
import type { estypes } from '@elastic/elasticsearch'
import { columnOf } from './lens-search.ts'
import {
  controlsOf,
  type LensColumn,
  layerOf,
  mapLayersOf,
  panelsOf,
  queryOf,
  type SavedObject,
  type SavedPanel,
} from './saved-panels.ts'

/** The latest that the oldest supported Kibana knows; all later ones take them. */
const versions: Readonly<Record<string, string>> = { 'index-pattern': '8.0.0', dashboard: '8.9.0' }
const coreVersion = '8.8.0'

/** Kibana's schema of a dashboard forbids any other. */
const attributes: Readonly<Record<string, readonly string[]>> = {
  dashboard: [
    ...['title', 'description', 'kibanaSavedObjectMeta', 'timeRestore', 'timeFrom', 'timeTo'],
    ...['refreshInterval', 'controlGroupInput', 'panelsJSON', 'optionsJSON', 'hits', 'version'],
  ],
  'index-pattern': [
    ...['title', 'name', 'timeFieldName', 'fields', 'fieldAttrs', 'fieldFormatMap', 'sourceFilters'],
    ...['runtimeFieldMap', 'typeMeta', 'allowHidden'],
  ],
}

/** JSON in text: as objects they are refused. */
const texts: Readonly<Record<string, readonly string[]>> = {
  dashboard: ['panelsJSON', 'optionsJSON'],
  'index-pattern': ['fields', 'fieldAttrs', 'fieldFormatMap', 'sourceFilters', 'runtimeFieldMap', 'typeMeta'],
}

const keys = [
  'type',
  'id',
  'attributes',
  'references',
  'coreMigrationVersion',
  'typeMigrationVersion',
  'managed',
]

export function faultsOf(objects: readonly SavedObject[], mapping: estypes.MappingTypeMapping): string[] {
  const types = fieldTypes(mapping)
  const ids = new Set(objects.map(({ type, id }) => `${type} ${id}`))
  return objects.flatMap(object => {
    const faults = [...envelopeFaults(object), ...referenceFaults(object, ids)]
    if (faults.length === 0)
      faults.push(
        ...(object.type === 'dashboard' ? dashboardFaults(object, types) : viewFaults(object, types)),
      )
    return faults.map(fault => `${object.type} ${object.id}: ${fault}`)
  })
}

function envelopeFaults(object: SavedObject): string[] {
  const { type } = object
  const faults = Object.keys(object).flatMap(key =>
    keys.includes(key) ? [] : [`${key} changes with each export`],
  )
  if (object.coreMigrationVersion !== coreVersion) faults.push(`coreMigrationVersion is not ${coreVersion}`)
  if (object.typeMigrationVersion !== versions[type])
    faults.push(`typeMigrationVersion is not ${versions[type]}`)
  for (const name of Object.keys(object.attributes))
    if (!attributes[type]?.includes(name)) faults.push(`attribute ${name} is not known to Kibana`)
  for (const name of texts[type] ?? [])
    if (typeof object.attributes[name] !== 'string' || !isJson(object.attributes[name]))
      faults.push(`${name} is not JSON in text`)
  return faults
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function referenceFaults(object: SavedObject, ids: ReadonlySet<string>): string[] {
  const lost = object.references.filter(({ type, id }) => !ids.has(`${type} ${id}`))
  const faults = lost.map(({ name }) => `reference ${name} leads nowhere`)
  if (typeof object.attributes.panelsJSON !== 'string') return faults
  const named = object.references.map(({ name }) => name)
  const used = [...panelsOf(object).flatMap(panelReferences), ...controlsOf(object).map(controlReference)]
  faults.push(...used.filter(name => !named.includes(name)).map(name => `reference ${name} is missing`))
  faults.push(...named.filter(name => !used.includes(name)).map(name => `reference ${name} is not used`))
  if (new Set(named).size !== named.length) faults.push('a reference is there twice')
  return faults
}

/** As Kibana looks them up: the panel's index, and the name within the panel. */
function panelReferences(panel: SavedPanel): string[] {
  const own = (name: string) => `${panel.id}:${name}`
  if (panel.type === 'lens')
    return Object.keys(panel.config.attributes.state.datasourceStates.formBased.layers).map(id =>
      own(`indexpattern-datasource-layer-${id}`),
    )
  if (panel.type !== 'map') return []
  return mapLayersOf(panel).flatMap(({ sourceDescriptor, joins = [] }, layer) => [
    // The places of layer and join in their lists are part of the names.
    ...(sourceDescriptor.indexPatternRefName === `layer_${layer}_source_index_pattern`
      ? [own(sourceDescriptor.indexPatternRefName)]
      : []),
    ...joins.map((_: unknown, join: number) => own(`layer_${layer}_join_${join}_index_pattern`)),
  ])
}

const controlReference = ({ id, type }: { readonly id: string; readonly type: string }): string =>
  `controlGroup_${id}:${type.replace('Control', 'DataView')}`

type Types = ReadonlyMap<string, string>

const numbers = ['long', 'integer', 'byte', 'double']

function viewFaults({ attributes }: SavedObject, types: Types): string[] {
  const named = [
    ...Object.keys(JSON.parse(attributes.fieldFormatMap)),
    ...Object.keys(JSON.parse(attributes.fieldAttrs)),
  ]
  return [
    ...(types.get(attributes.timeFieldName) === 'date' ? [] : [`${attributes.timeFieldName} is no date`]),
    ...named.flatMap(field => unmapped(field, types)),
  ]
}

const unmapped = (field: string, types: Types): string[] =>
  types.has(field) ? [] : [`${field} is not in the mapping`]

function dashboardFaults(object: SavedObject, types: Types): string[] {
  const panels = panelsOf(object)
  return [
    ...layoutFaults(panels),
    ...panels.flatMap(panel => {
      const faults =
        panel.type === 'lens' ? lensFaults(panel, types) : panel.type === 'map' ? mapFaults(panel, types) : []
      return faults.map(fault => `${panel.title}: ${fault}`)
    }),
    ...controlsOf(object).flatMap(({ type, fieldName }) =>
      typeFaults(fieldName, type === 'rangeSliderControl' ? numbers : ['keyword', 'boolean', 'ip'], types),
    ),
  ]
}

function layoutFaults(panels: readonly SavedPanel[]): string[] {
  return panels.flatMap(({ id, title, version, grid }, i) => {
    const faults = panels
      .slice(0, i)
      .filter(({ grid: other }) => grid.x < other.x + other.w && other.x < grid.x + grid.w)
      .filter(({ grid: other }) => grid.y < other.y + other.h && other.y < grid.y + grid.h)
      .map(other => `${title} and ${other.title} overlap`)
    if (grid.x < 0 || grid.x + grid.w > 48) faults.push(`${title} is wider than the dashboard`)
    if (grid.i !== id) faults.push(`${title} has two ids`)
    if (version !== '8.9.0') faults.push(`${title} is of version ${version}`)
    return faults
  })
}

/** Types of fields that an operation takes; undefined for any that can be aggregated. */
const takes: Readonly<Record<string, readonly string[]>> = {
  average: numbers,
  sum: numbers,
  median: numbers,
  percentile: numbers,
  max: [...numbers, 'date'],
  date_histogram: ['date'],
  terms: ['keyword', 'boolean', 'ip', ...numbers],
  unique_count: ['keyword', 'boolean', 'ip', 'date', ...numbers],
}

function lensFaults(panel: SavedPanel, types: Types): string[] {
  const layer = layerOf(panel)
  const ids = Object.keys(layer.columns)
  const drawn = JSON.stringify(panel.config.attributes.state.visualization)
  const faults: string[] = []
  if (ids.toSorted().join() !== layer.columnOrder.toSorted().join())
    faults.push('columnOrder is not its columns')
  for (const id of ids) if (!drawn.includes(`"${id}"`)) faults.push(`column ${id} is not drawn`)
  for (const [, id] of drawn.matchAll(/"(?:\w+Accessor|columnId)":"([^"]+)"/g))
    if (!ids.includes(id as string)) faults.push(`what is drawn as ${id} is no column`)
  const columns = layer.columnOrder.filter(id => ids.includes(id)).map(id => columnOf(layer, id))
  // Buckets come first, or Lens takes the layer for broken.
  if (
    columns
      .map(({ isBucketed }) => Number(!isBucketed))
      .join('')
      .includes('10')
  )
    faults.push('a measure stands before a bucket')
  return [
    ...faults,
    ...columns.flatMap(column => columnFaults(column, ids, types)),
    ...kqlFields(queryOf(panel)).flatMap(field => unmapped(field, types)),
  ]
}

function columnFaults(column: LensColumn, ids: readonly string[], types: Types): string[] {
  const { operationType, sourceField, filter, params } = column
  const within = [filter?.query ?? '', ...(params.filters ?? []).map(({ input }) => input.query)]
  const faults = within.flatMap(kqlFields).flatMap(field => unmapped(field, types))
  const ordered = params.orderBy?.columnId
  if (ordered !== undefined && !ids.includes(ordered))
    faults.push(`ordered by ${ordered}, which is no column`)
  if (operationType === 'filters' || sourceField === '___records___') return faults
  return [...faults, ...typeFaults(sourceField ?? '', takes[operationType] ?? [], types)]
}

function typeFaults(field: string, allowed: readonly string[], types: Types): string[] {
  const type = types.get(field)
  if (type === undefined) return unmapped(field, types)
  return allowed.includes(type) ? [] : [`${field} is ${type}, not ${allowed.join(' or ')}`]
}

function mapFaults(panel: SavedPanel, types: Types): string[] {
  return mapLayersOf(panel).flatMap(({ sourceDescriptor, joins = [] }) => [
    ...(sourceDescriptor.geoField ? typeFaults(sourceDescriptor.geoField, ['geo_point'], types) : []),
    ...joins.flatMap(({ right }: { right: { term: string } }) => typeFaults(right.term, ['keyword'], types)),
  ])
}

const kqlFields = (kql: string): string[] =>
  [...kql.matchAll(/([\w.]+) (?::|[<>]=?) /g)].map(match => match[1] as string)

function fieldTypes({ properties = {} }: estypes.MappingTypeMapping, path = ''): Map<string, string> {
  const types = new Map<string, string>()
  for (const [name, property] of Object.entries(properties)) {
    const field = path + name
    if (property.type === 'alias') types.set(field, 'date')
    else if (property.type !== undefined) types.set(field, property.type)
    for (const [inner, type] of fieldTypes(property as estypes.MappingTypeMapping, `${field}.`))
      types.set(inner, type)
  }
  return types
}
