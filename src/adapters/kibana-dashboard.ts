// Panels and controls → a dashboard. Panels are laid out in rows of 48 columns, and hold their charts themselves.
import type { JsonObject } from '../core/json.ts'
import { dataViewId } from './kibana-data-view.ts'
import { panelVersion, type Reference, type SavedObject, savedObject } from './kibana-objects.ts'

export type Panel = {
  readonly title: string
  readonly about: string
  readonly type: 'lens' | 'map' | 'visualization'
  /** Names under which the panel refers to the data view. */
  readonly references: readonly string[]
  readonly config: JsonObject
}

export type Row = { readonly height: number; readonly panels: readonly (readonly [width: number, Panel])[] }

export type Dashboard = {
  /** What the id ends in. */
  readonly name: string
  readonly title: string
  readonly about: string
  readonly rows: readonly Row[]
}

export const dashboardId = (prefix: string, name: string): string => `${dataViewId(prefix)}-${name}`

/** A text above or between the charts. */
export function text(title: string, about: string, markdown: string): Panel {
  return {
    title,
    about,
    type: 'visualization',
    references: [],
    config: {
      hidePanelTitles: true,
      savedVis: {
        id: '',
        title,
        description: about,
        type: 'markdown',
        params: { fontSize: 12, openLinksInNewTab: false, markdown },
        uiState: {},
        data: { aggs: [], searchSource: { query: { query: '', language: 'kuery' }, filter: [] } },
      },
    },
  }
}

export function dashboard(prefix: string, { name, title, about, rows }: Dashboard): SavedObject {
  const placed = place(rows)
  const dataView = (name: string): Reference => ({ type: 'index-pattern', id: dataViewId(prefix), name })
  const references = [
    ...placed.flatMap(({ id, panel }) => panel.references.map(name => dataView(`${id}:${name}`))),
    ...controls.map(({ id, reference }) => dataView(`controlGroup_${id}:${reference}`)),
  ]
  const attributes = {
    title: prefix === 'sessions' ? title : `${title} (${prefix})`,
    description: about,
    timeRestore: true,
    timeFrom: 'now-7d',
    timeTo: 'now',
    refreshInterval: { pause: true, value: 60_000 },
    optionsJSON: JSON.stringify({
      useMargins: true,
      syncColors: true,
      syncCursor: true,
      syncTooltips: false,
      hidePanelTitles: false,
    }),
    panelsJSON: JSON.stringify(placed.map(panelOf)),
    controlGroupInput: {
      chainingSystem: 'HIERARCHICAL',
      controlStyle: 'oneLine',
      ignoreParentSettingsJSON: JSON.stringify({
        ignoreFilters: false,
        ignoreQuery: false,
        ignoreTimerange: false,
        ignoreValidations: false,
      }),
      panelsJSON: JSON.stringify(Object.fromEntries(controls.map(({ id, panel }) => [id, panel]))),
    },
    kibanaSavedObjectMeta: {
      searchSourceJSON: JSON.stringify({ query: { query: '', language: 'kuery' }, filter: [] }),
    },
  }
  return savedObject('dashboard', dashboardId(prefix, name), attributes, references)
}

type Placed = {
  readonly id: string
  readonly panel: Panel
  readonly grid: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

function place(rows: readonly Row[]): Placed[] {
  const placed: Placed[] = []
  let y = 0
  for (const { height: h, panels } of rows) {
    let x = 0
    for (const [w, panel] of panels) {
      placed.push({ id: `panel-${placed.length + 1}`, panel, grid: { x, y, w, h } })
      x += w
    }
    y += h
  }
  return placed
}

const panelOf = ({ id, panel: { type, title, about, config }, grid }: Placed) => ({
  version: panelVersion,
  type,
  title,
  panelIndex: id,
  gridData: { ...grid, i: id },
  embeddableConfig: { enhancements: {}, description: about, ...config },
})

type ControlType = 'optionsListControl' | 'rangeSliderControl'

const dataViewReferences = {
  optionsListControl: 'optionsListDataView',
  rangeSliderControl: 'rangeSliderDataView',
} as const

function control(order: number, fieldName: string, title: string, type: ControlType, input: JsonObject = {}) {
  const id = `control-${fieldName.replaceAll('.', '-')}`
  const explicitInput = { id, fieldName, title, enhancements: {}, ...input }
  return {
    id,
    reference: dataViewReferences[type],
    panel: { order, type, width: 'small', grow: true, explicitInput },
  }
}

/** The same on every dashboard, so that a choice is found again where it was made. Robots are left out at first. */
const controls = [
  control(0, 'app.bot', 'Is a robot', 'optionsListControl', { selectedOptions: ['false'] }),
  control(1, 'site', 'Site', 'optionsListControl'),
  control(2, 'metadata.channel', 'Channel', 'optionsListControl'),
  control(3, 'device.geo.country.name', 'Country', 'optionsListControl'),
  control(4, 'device.type', 'Device', 'optionsListControl'),
  control(5, 'metadata.status', 'Active or ended', 'optionsListControl'),
  control(6, 'metadata.time.duration', 'Duration (s)', 'rangeSliderControl'),
]
