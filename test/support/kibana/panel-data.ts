// Every panel of a dashboard with what a node answers for it, as a person would see it who opens the dashboard.
import type { Client, estypes } from '@elastic/elasticsearch'
import { type Around, lensRows, type Row } from './lens-search.ts'
import type { Sample } from './sample-sessions.ts'
import {
  controlsOf,
  layerOf,
  mapLayersOf,
  panelsOf,
  queryOf,
  type SavedObject,
  type SavedPanel,
} from './saved-panels.ts'

export type PanelData = {
  readonly panel: SavedPanel
  readonly rows: readonly Row[]
}

export function panelData(
  client: Client,
  dashboard: SavedObject,
  index: string,
  { from, to, now }: Sample,
): Promise<PanelData[]> {
  const around: Around = {
    index,
    from,
    to,
    filter: controlFilters(dashboard),
    now: `${now}||`,
    interval: '3h',
  }
  return Promise.all(
    panelsOf(dashboard).map(async panel => ({ panel, rows: await rowsOf(client, panel, around) })),
  )
}

/** What the controls leave when nothing has been chosen yet. */
export function controlFilters(dashboard: SavedObject): estypes.QueryDslQueryContainer[] {
  return controlsOf(dashboard).flatMap(({ fieldName, selected }) =>
    selected.length === 0 ? [] : [{ terms: { [fieldName]: [...selected] } }],
  )
}

async function rowsOf(client: Client, panel: SavedPanel, around: Around): Promise<readonly Row[]> {
  if (panel.type === 'lens') return lensRows(client, layerOf(panel), queryOf(panel), around)
  if (panel.type === 'map') return mapRows(client, panel, around)
  return []
}

/** Countries and places, each layer's. */
async function mapRows(client: Client, panel: SavedPanel, around: Around): Promise<Row[]> {
  const period = { range: { 'metadata.time.insert': { gte: around.from, lte: around.to } } }
  const query = { bool: { filter: [period, ...around.filter] } }
  const rows = mapLayersOf(panel).map(async ({ joins = [], sourceDescriptor: { geoField } }) => {
    const term: string | undefined = joins[0]?.right.term
    if (term !== undefined) return countryRows(client, around.index, query, term)
    return geoField === undefined ? [] : placeRows(client, around.index, query, geoField)
  })
  return (await Promise.all(rows)).flat()
}

type Query = estypes.QueryDslQueryContainer

async function countryRows(client: Client, index: string, query: Query, field: string): Promise<Row[]> {
  const aggs = { by: { terms: { field, size: 300 } } }
  const { aggregations } = await client.search<unknown, { by: Buckets<{ key: string }> }>({
    ...{ index, size: 0, query },
    aggs,
  })
  return (aggregations?.by.buckets ?? []).map(({ key, doc_count }) => ({ country: key, sessions: doc_count }))
}

async function placeRows(client: Client, index: string, query: Query, field: string): Promise<Row[]> {
  const aggs = {
    by: { geotile_grid: { field, precision: 5, size: 500 }, aggs: { at: { geo_centroid: { field } } } },
  }
  const { aggregations } = await client.search<unknown, { by: Buckets<Place> }>({
    ...{ index, size: 0, query },
    aggs,
  })
  return (aggregations?.by.buckets ?? []).map(({ doc_count, at }) => ({
    ...at.location,
    sessions: doc_count,
  }))
}

type Buckets<B> = { readonly buckets: readonly (B & { readonly doc_count: number })[] }
type Place = { readonly at: { readonly location: { readonly lat: number; readonly lon: number } } }
