// Lens charts, each one layer of columns and how it is drawn.
import type { JsonObject } from '../core/json.ts'
import type { Column } from './kibana-columns.ts'
import type { Panel } from './kibana-dashboard.ts'

const layerId = 'layer'

type Chart = {
  readonly title: string
  /** Shown where the pointer rests on the title: what a stranger must know to read it. */
  readonly about: string
  /** Only the sessions that this KQL finds. */
  readonly only?: string
  /** The controls and the search bar do not narrow it; the period does. */
  readonly ignoresControls?: boolean
}

type Named = Readonly<Record<string, Column>>

/** One figure. */
export function figure(chart: Chart & { readonly value: Column; readonly color?: string }): Panel {
  return lens(
    chart,
    'lnsMetric',
    { value: chart.value },
    {
      layerId,
      layerType: 'data',
      metricAccessor: 'value',
      ...(chart.color !== undefined && { color: chart.color }),
    },
  )
}

type Axes = { readonly x: Column; readonly split?: Column; readonly values: readonly Column[] }

/** Bars, stacked where they are split. */
export const bars = (chart: Chart & Axes): Panel => xy(chart, chart.split ? 'bar_stacked' : 'bar')
/** For names along the axis, which need room. */
export const rows = (chart: Chart & Axes): Panel => xy(chart, 'bar_horizontal')
export const lines = (chart: Chart & Axes): Panel => xy(chart, 'line')

function xy(chart: Chart & Axes, seriesType: string): Panel {
  const { x, split, values } = chart
  const accessors = values.map((_, i) => `y${i}`)
  const columns = {
    ...(split && { split }),
    x,
    ...Object.fromEntries(values.map((value, i) => [`y${i}`, value])),
  }
  return lens(chart, 'lnsXY', columns, {
    legend: { isVisible: split !== undefined || values.length > 1, position: 'bottom' },
    valueLabels: 'hide',
    preferredSeriesType: seriesType,
    fittingFunction: 'None',
    axisTitlesVisibilitySettings: {
      x: false,
      yLeft: split === undefined && values.length === 1,
      yRight: false,
    },
    tickLabelsVisibilitySettings: { x: true, yLeft: true, yRight: true },
    gridlinesVisibilitySettings: { x: false, yLeft: true, yRight: false },
    layers: [
      {
        layerId,
        layerType: 'data',
        seriesType,
        xAccessor: 'x',
        accessors,
        ...(split && { splitAccessor: 'split' }),
      },
    ],
  })
}

/** Shares of a whole. */
export function donut(chart: Chart & { readonly by: Column; readonly value: Column }): Panel {
  return lens(
    chart,
    'lnsPie',
    { by: chart.by, value: chart.value },
    {
      shape: 'donut',
      layers: [
        {
          layerId,
          layerType: 'data',
          primaryGroups: ['by'],
          metrics: ['value'],
          numberDisplay: 'percent',
          categoryDisplay: 'default',
          legendDisplay: 'default',
          nestedLegend: false,
        },
      ],
    },
  )
}

export function table(chart: Chart & { readonly by: Named; readonly values: Named }): Panel {
  const columns = { ...chart.by, ...chart.values }
  return lens(chart, 'lnsDatatable', columns, {
    layerId,
    layerType: 'data',
    columns: Object.keys(columns).map(columnId => ({ columnId, isTransposed: false })),
    rowHeight: 'single',
    headerRowHeight: 'single',
  })
}

export function heatMap(
  chart: Chart & { readonly x: Column; readonly y: Column; readonly value: Column },
): Panel {
  return lens(
    chart,
    'lnsHeatmap',
    { y: chart.y, x: chart.x, value: chart.value },
    {
      shape: 'heatmap',
      layerId,
      layerType: 'data',
      xAccessor: 'x',
      yAccessor: 'y',
      valueAccessor: 'value',
      legend: { isVisible: true, position: 'right', type: 'heatmap_legend' },
      gridConfig: {
        type: 'heatmap_grid',
        isCellLabelVisible: false,
        isXAxisLabelVisible: true,
        isXAxisTitleVisible: true,
        isYAxisLabelVisible: true,
        isYAxisTitleVisible: false,
      },
    },
  )
}

function lens(chart: Chart, visualizationType: string, columns: Named, visualization: JsonObject): Panel {
  const { title, about, only = '', ignoresControls = false } = chart
  const measures = Object.keys(columns).filter(id => columns[id]?.isBucketed === false)
  const layer = {
    columnOrder: Object.keys(columns),
    columns: Object.fromEntries(
      Object.entries(columns).map(([id, column]) => [id, ordered(column, measures[0] as string)]),
    ),
    incompleteColumns: {},
    ...(ignoresControls && { ignoreGlobalFilters: true }),
  }
  return {
    title,
    about,
    type: 'lens',
    references: [`indexpattern-datasource-layer-${layerId}`],
    config: {
      attributes: {
        title,
        description: about,
        type: 'lens',
        visualizationType,
        references: [],
        state: {
          datasourceStates: { formBased: { layers: { [layerId]: layer } } },
          visualization,
          filters: [],
          query: { language: 'kuery', query: only },
          internalReferences: [],
          adHocDataViews: {},
        },
      },
    },
  }
}

/** Values are ordered by the first measure of their layer. */
function ordered(column: Column, columnId: string): Column {
  const params = column.params as { readonly orderBy?: { readonly type: string } } | undefined
  if (params?.orderBy?.type !== 'column') return column
  return { ...column, params: { ...params, orderBy: { type: 'column', columnId } } }
}
