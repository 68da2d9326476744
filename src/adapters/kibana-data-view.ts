// The data view: how Kibana shows the fields of the documents. Made from `documentFields`.
import { documentFields, type Field, type FieldTree, isField } from '../core/document-fields.ts'
import { type SavedObject, savedObject } from './kibana-objects.ts'

export const dataViewId = (prefix: string): string => `sessionloom-${prefix}`

const seconds = {
  id: 'duration',
  params: {
    inputFormat: 'seconds',
    outputFormat: 'humanizePrecise',
    outputPrecision: 0,
    useShortSuffix: true,
  },
}

/** How values are written; all else as Kibana does by itself. */
const formats = {
  'metadata.time.duration': seconds,
  'activity.engaged_seconds': seconds,
  'activity.bounced': { id: 'percent', params: { pattern: '0,0.[0]%' } },
  'source.offset': { id: 'number', params: { pattern: '0' } },
  'quality.clock_skew_ms': {
    id: 'duration',
    params: { inputFormat: 'milliseconds', outputFormat: 'humanizePrecise', outputPrecision: 0 },
  },
}

/** Of the alias, which shows sessions and nothing else. */
export function dataView(prefix: string): SavedObject {
  const explained = leaves(documentFields).map(([path, { about }]) => [path, { customDescription: about }])
  return savedObject('index-pattern', dataViewId(prefix), {
    title: prefix,
    name: prefix === 'sessions' ? 'Sessions' : `Sessions (${prefix})`,
    timeFieldName: 'metadata.time.insert',
    fields: '[]',
    fieldAttrs: JSON.stringify(Object.fromEntries(explained)),
    fieldFormatMap: JSON.stringify(formats),
    // Not for readers, and large.
    sourceFilters: JSON.stringify([{ value: 'state' }, { value: 'state.*' }]),
    runtimeFieldMap: '{}',
    typeMeta: '{}',
    allowHidden: false,
  })
}

function leaves(tree: FieldTree, path = ''): [path: string, field: Field][] {
  return Object.entries(tree).flatMap(([name, node]): [string, Field][] =>
    isField(node) ? [[path + name, node]] : leaves(node, `${path}${name}.`),
  )
}
