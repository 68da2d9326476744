// A line of Snowplow's enriched events, as its pipeline puts them on Kafka, made into the object that the Analytics
// SDKs make of it: contexts and the self-describing event become members named after their schemas.
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { object, objectOrText } from './fields.ts'
import { snowplowColumns } from './snowplow-columns.ts'

/** Null for what has too few columns. Those that later releases append are left out. */
export function parseSnowplowTsv(line: string): JsonObject | null {
  const cells = line.replace(/\r?\n$/, '').split('\t')
  if (cells.length < snowplowColumns.length) return null
  const cellOf = (column: string): string => cells[snowplowColumns.indexOf(column)] as string
  const plain = snowplowColumns
    .map((column, i): [string, Json] => [column, cells[i] as string])
    .filter(([column, cell]) => cell !== '' && !nested.has(column))
  const entities = [...entitiesOf(cellOf('contexts')), ...entitiesOf(cellOf('derived_contexts'))]
  const byName = Map.groupBy(entities, ({ name }) => `contexts_${name}`)
  const contexts = [...byName].map(([name, group]): [string, Json] => [name, group.map(({ data }) => data)])
  const event = described(objectOrText(cellOf('unstruct_event')).data)
  if (event !== null) contexts.push([`unstruct_event_${event.name}`, event.data])
  return Object.fromEntries([...plain, ...contexts])
}

const nested = new Set(['contexts', 'derived_contexts', 'unstruct_event'])

type Entity = { readonly name: string; readonly data: JsonObject }

function entitiesOf(cell: string): Entity[] {
  const { data } = objectOrText(cell)
  return Array.isArray(data) ? data.map(described).filter(entity => entity !== null) : []
}

/** Null for what does not describe itself. */
function described(value: Json | undefined): Entity | null {
  const { schema, data } = object(value)
  const match = typeof schema === 'string' ? /^iglu:([\w.-]+)\/([\w-]+)\/[\w-]+\/(\d+)-/.exec(schema) : null
  if (match === null || !isJsonObject(data)) return null
  return { name: `${snake(match[1] as string)}_${snake(match[2] as string)}_${match[3]}`, data }
}

const snake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toLowerCase()
