// A Lens layer → the search that Kibana would send for it, and its answer as rows. Reads the saved object alone, and
// shares nothing with what writes it.
import type { Client, estypes } from '@elastic/elasticsearch'
import { kqlQuery } from './kql.ts'
import type { LensColumn, LensLayer } from './saved-panels.ts'

type Aggregation = estypes.AggregationsAggregationContainer
export type Row = Readonly<Record<string, string | number | null>>

/** What narrows a panel beside its own query. */
export type Around = {
  readonly index: string
  readonly from: string
  readonly to: string
  /** Of the controls and the search bar. */
  readonly filter: readonly estypes.QueryDslQueryContainer[]
  readonly now: string
  /** Of a date histogram whose interval is `auto`. */
  readonly interval: string
}

export async function lensRows(
  client: Client,
  layer: LensLayer,
  query: string,
  around: Around,
): Promise<Row[]> {
  const buckets = layer.columnOrder.filter(id => columnOf(layer, id).isBucketed)
  const measures = layer.columnOrder.filter(id => !columnOf(layer, id).isBucketed)
  const period = { range: { 'metadata.time.insert': { gte: around.from, lte: around.to } } }
  const filter = [period, kqlQuery(query, around.now), ...(layer.ignoreGlobalFilters ? [] : around.filter)]
  const answer = await client.search({
    index: around.index,
    size: 0,
    track_total_hits: true,
    query: { bool: { filter } },
    aggs: aggregations(layer, buckets, measures, around),
  })
  const total = (answer.hits.total as estypes.SearchTotalHits).value
  return rowsOf(layer, buckets, measures, { ...answer.aggregations, doc_count: total })
}

export function columnOf(layer: LensLayer, id: string): LensColumn {
  const column = layer.columns[id]
  if (column === undefined) throw new Error(`no column ${id}`)
  return column
}

function aggregations(
  layer: LensLayer,
  [bucket, ...inner]: readonly string[],
  measures: readonly string[],
  around: Around,
): Record<string, Aggregation> {
  const own = Object.fromEntries(
    measures.flatMap(id => {
      const aggregation = measureOf(columnOf(layer, id), around)
      return aggregation === null ? [] : [[id, aggregation]]
    }),
  )
  if (bucket === undefined) return own
  const aggs = aggregations(layer, inner, measures, around)
  // Values are ordered by a measure, which must be there at every level.
  return { [bucket]: { ...bucketOf(columnOf(layer, bucket), layer, around), aggs: { ...own, ...aggs } } }
}

/** Null for a plain count, which every answer holds. */
function measureOf(column: LensColumn, around: Around): Aggregation | null {
  const { operationType, sourceField: field = '', params, filter } = column
  if (operationType === 'count')
    return filter === undefined ? null : { filter: kqlQuery(filter.query, around.now) }
  if (operationType === 'unique_count') return { cardinality: { field } }
  if (operationType === 'average') return { avg: { field } }
  if (operationType === 'median') return { percentiles: { field, percents: [50] } }
  if (operationType === 'percentile')
    return { percentiles: { field, percents: [params.percentile as number] } }
  if (operationType === 'sum' || operationType === 'max') return { [operationType]: { field } }
  throw new Error(`an operation that is not known: ${operationType}`)
}

export const missing = '(missing value)'

function bucketOf(
  { operationType, sourceField: field = '', params }: LensColumn,
  layer: LensLayer,
  around: Around,
) {
  if (operationType === 'date_histogram')
    return { date_histogram: { field, fixed_interval: around.interval, min_doc_count: 0 } }
  if (operationType === 'filters') {
    const named = (params.filters ?? []).map(({ label, input }) => [label, kqlQuery(input.query, around.now)])
    return { filters: { filters: Object.fromEntries(named) } }
  }
  if (operationType !== 'terms') throw new Error(`an operation that is not known: ${operationType}`)
  const { size, orderBy, orderDirection, missingBucket } = params
  return {
    terms: {
      field,
      size,
      order: { [orderBy?.type === 'column' ? orderPath(layer, orderBy.columnId) : '_key']: orderDirection },
      ...(missingBucket && { missing }),
    },
  } as Aggregation
}

function orderPath(layer: LensLayer, id: string | undefined): string {
  const { operationType, filter } = columnOf(layer, id ?? '')
  return operationType === 'count' && filter === undefined ? '_count' : (id as string)
}

// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of the question, which is data here
type Answer = any

function rowsOf(
  layer: LensLayer,
  [bucket, ...inner]: readonly string[],
  measures: readonly string[],
  answer: Answer,
): Row[] {
  if (bucket === undefined)
    return [Object.fromEntries(measures.map(id => [id, measured(columnOf(layer, id), answer[id], answer)]))]
  const found = answer[bucket].buckets
  // Groups with names are answered by name, and shown as they were listed.
  const listed = columnOf(layer, bucket).params.filters?.map(({ label }) => label) ?? []
  const named: [string | number, Answer][] = Array.isArray(found)
    ? found.map(one => [one.key_as_string ?? one.key, one])
    : listed.map(label => [label, found[label]])
  return named.flatMap(([key, one]) =>
    rowsOf(layer, inner, measures, one).map(row => ({ [bucket]: key, ...row })),
  )
}

function measured({ operationType, filter }: LensColumn, found: Answer, around: Answer): number | null {
  if (operationType === 'count') return filter === undefined ? around.doc_count : found.doc_count
  if (found.values !== undefined) return Object.values<number | null>(found.values)[0] ?? null
  return found.value ?? null
}
