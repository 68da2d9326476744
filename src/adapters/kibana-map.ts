// A map of where sessions come from: countries in shades, and points where the place is known more closely.
import type { Panel } from './kibana-dashboard.ts'

const base = { alpha: 1, visible: true, minZoom: 0, maxZoom: 24, includeInFitToBounds: true }
const query = { applyGlobalQuery: true, applyGlobalTime: true, applyForceRefresh: true }
const joinId = 'sessions-by-country'

export function worldMap({ title, about }: { readonly title: string; readonly about: string }): Panel {
  // Their places in this list are part of the names of the references.
  const layers = [basemap, countries, points]
  return {
    title,
    about,
    type: 'map',
    references: ['layer_1_join_0_index_pattern', 'layer_2_source_index_pattern'],
    config: {
      attributes: {
        title,
        description: about,
        layerListJSON: JSON.stringify(layers),
        mapStateJSON: JSON.stringify({
          zoom: 1.4,
          center: { lon: 10, lat: 25 },
          timeFilters: { from: 'now-7d', to: 'now' },
          refreshConfig: { isPaused: true, interval: 0 },
          query: { query: '', language: 'kuery' },
          filters: [],
          settings: { autoFitToDataBounds: false },
        }),
        uiStateJSON: JSON.stringify({ isLayerTOCOpen: false, openTOCDetails: [] }),
      },
      mapCenter: { lat: 25, lon: 10, zoom: 1.4 },
      isLayerTOCOpen: false,
      openTOCDetails: [],
      hiddenLayers: [],
    },
  }
}

const basemap = {
  ...base,
  id: 'basemap',
  type: 'EMS_VECTOR_TILE',
  label: null,
  sourceDescriptor: { type: 'EMS_TMS', isAutoSelect: true, lightModeDefault: 'road_map_desaturated' },
  style: { type: 'EMS_VECTOR_TILE', color: '' },
}

const dynamic = (options: object, name: string, origin: 'join' | 'source') => ({
  type: 'DYNAMIC',
  options: { ...options, field: { name, origin }, fieldMetaOptions: { isEnabled: true, sigma: 3 } },
})
const fixed = (options: object) => ({ type: 'STATIC', options })

/** Needs no more than the embedded country database. */
const countries = {
  ...base,
  id: 'countries',
  type: 'GEOJSON_VECTOR',
  label: 'Sessions by country',
  alpha: 0.75,
  sourceDescriptor: { type: 'EMS_FILE', id: 'world_countries', tooltipProperties: ['name', 'iso2'] },
  joins: [
    {
      leftField: 'iso2',
      right: {
        ...query,
        type: 'ES_TERM_SOURCE',
        id: joinId,
        indexPatternRefName: 'layer_1_join_0_index_pattern',
        term: 'device.geo.country.code',
        size: 300,
        metrics: [{ type: 'count', label: 'Sessions' }],
      },
    },
  ],
  style: {
    type: 'VECTOR',
    isTimeAware: true,
    properties: {
      fillColor: dynamic(
        { color: 'Blues', colorCategory: 'palette_0', type: 'ORDINAL' },
        `__kbnjoin__count__${joinId}`,
        'join',
      ),
      lineColor: fixed({ color: '#98a2b3' }),
      lineWidth: fixed({ size: 1 }),
    },
  },
}

/** Empty where the geo database knows countries only. */
const points = {
  ...base,
  id: 'points',
  type: 'GEOJSON_VECTOR',
  label: 'Sessions by place',
  alpha: 0.8,
  joins: [],
  sourceDescriptor: {
    ...query,
    type: 'ES_GEO_GRID',
    id: 'sessions-by-place',
    indexPatternRefName: 'layer_2_source_index_pattern',
    geoField: 'device.geo.location',
    requestType: 'point',
    resolution: 'COARSE',
    metrics: [{ type: 'count', label: 'Sessions' }],
  },
  style: {
    type: 'VECTOR',
    isTimeAware: true,
    properties: {
      fillColor: fixed({ color: '#f5a35c' }),
      lineColor: fixed({ color: '#7a4a1c' }),
      lineWidth: fixed({ size: 1 }),
      iconSize: dynamic({ minSize: 4, maxSize: 22 }, 'doc_count', 'source'),
    },
  },
}
