// One chart of a picture, by the kind that Lens or Maps would draw.
import { columnOf, type Row } from './lens-search.ts'
import { type LensColumn, type LensLayer, layerOf, type SavedPanel } from './saved-panels.ts'
import { type Box, box, circle, label, palette, path, ring } from './svg.ts'

export function drawChart(panel: SavedPanel, rows: readonly Row[], at: Box): string {
  if (panel.type === 'map') return drawMap(rows, at)
  const layer = layerOf(panel)
  const { visualization } = panel.config.attributes.state
  switch (panel.config.attributes.visualizationType) {
    case 'lnsMetric':
      return drawFigure(columnOf(layer, 'value'), rows[0]?.value ?? null, at)
    case 'lnsDatatable':
      return drawTable(layer, rows, at)
    case 'lnsPie':
      return drawDonut(rows, at)
    case 'lnsHeatmap':
      return drawHeatMap(layer, rows, at)
    default:
      return drawXy(layer, rows, visualization.layers[0].seriesType, at)
  }
}

/** As the column's format has it. */
function shown(column: LensColumn, value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (value === '') return '(empty)'
  if (column.dataType === 'date' && typeof value === 'number')
    return new Date(value).toISOString().slice(0, 16).replace('T', ' ')
  if (typeof value === 'string') return value
  const { id = 'number', params = {} } = column.params.format ?? {}
  if (id === 'percent') return `${(value * 100).toFixed(1)} %`
  if (id === 'duration') return seconds(value)
  return value.toLocaleString('en-US', {
    maximumFractionDigits: params.decimals ?? 0,
    minimumFractionDigits: params.decimals ?? 0,
    useGrouping: column.isBucketed ? false : 'auto',
  })
}

function seconds(value: number): string {
  if (value < 60) return `${Math.round(value)} s`
  const minutes = value / 60
  return minutes < 60 ? `${minutes.toFixed(0)} min` : `${(minutes / 60).toFixed(1)} h`
}

function drawFigure(column: LensColumn, value: Row[string], at: Box): string {
  return (
    label(at.x + at.w, at.y + at.h - 30, shown(column, value), { size: 30, weight: 'bold', anchor: 'end' }) +
    label(at.x + at.w, at.y + at.h - 6, column.label, {
      size: 12,
      anchor: 'end',
      color: '#5a6d84',
      fit: at.w,
    })
  )
}

function drawTable(layer: LensLayer, rows: readonly Row[], at: Box): string {
  const first = Math.max(0.28, 0.62 - 0.11 * (layer.columnOrder.length - 1))
  const widths = layer.columnOrder.map((_, i) =>
    i === 0 ? first : (1 - first) / (layer.columnOrder.length - 1),
  )
  const cells = (texts: readonly string[], y: number, weight: string) => {
    let x = at.x
    return texts.map((text, i) => {
      const w = (widths[i] as number) * at.w
      const isNumber = columnOf(layer, layer.columnOrder[i] as string).isBucketed === false
      const left = isNumber ? x + w - 8 : x + 2
      x += w
      return label(left, y, text, { size: 11, weight, anchor: isNumber ? 'end' : 'start', fit: w - 10 })
    })
  }
  const columns = layer.columnOrder.map(id => columnOf(layer, id))
  const parts = [
    ...cells(
      columns.map(({ label }) => label),
      at.y + 12,
      'bold',
    ),
    box({ x: at.x, y: at.y + 18, w: at.w, h: 1 }, '#d3dae6'),
  ]
  const room = Math.floor((at.h - 20) / 16.5)
  rows.slice(0, room).forEach((row, i) => {
    const texts = layer.columnOrder.map(id => shown(columnOf(layer, id), row[id]))
    parts.push(...cells(texts, at.y + 33 + i * 16.5, 'normal'))
  })
  return parts.join('')
}

function drawDonut(rows: readonly Row[], at: Box): string {
  const total = rows.reduce((sum, { value }) => sum + Number(value), 0)
  const radius = Math.min(at.h / 2 - 4, at.w / 4.4)
  const [x, y] = [at.x + radius + 4, at.y + at.h / 2]
  let from = 0
  return rows
    .map(({ by, value }, i) => {
      const to = from + Number(value) / total
      const color = palette[i % palette.length] as string
      const top = at.y + 16 + i * 19
      const left = at.x + 2 * radius + 22
      const name = by === '' ? '(empty)' : String(by)
      const percent = `${Math.round((100 * Number(value)) / total)} %`
      const parts = [
        ring(x, y, radius, from, to, color),
        box({ x: left, y: top - 9, w: 10, h: 10 }, color),
        label(left + 16, top, `${name} ${percent}`, { size: 11, fit: at.x + at.w - left - 16 }),
      ]
      from = to
      return parts.join('')
    })
    .join('')
}

function drawHeatMap(layer: LensLayer, rows: readonly Row[], at: Box): string {
  const xs = [...new Set(rows.map(({ x }) => Number(x)))].sort((a, b) => a - b)
  const ys = columnOf(layer, 'y').params.filters?.map(({ label }) => label) ?? []
  const most = Math.max(...rows.map(({ value }) => Number(value)))
  const [left, bottom] = [86, 34]
  const w = (at.w - left) / xs.length
  const h = (at.h - bottom) / ys.length
  const cells = rows.map(({ x, y, value }) => {
    const shade = Number(value) / most
    const mix = (light: number, dark: number) => Math.round(light + (dark - light) * shade)
    const color = `rgb(${mix(236, 11)},${mix(247, 100)},${mix(246, 130)})`
    const place = { x: at.x + left + xs.indexOf(Number(x)) * w, y: at.y + ys.indexOf(String(y)) * h }
    return box({ ...place, w: w - 1, h: h - 1 }, color)
  })
  return [
    ...cells,
    ...ys.map((name, i) =>
      label(at.x + left - 8, at.y + i * h + h / 2 + 4, name, { size: 11, anchor: 'end' }),
    ),
    ...xs.map((hour, i) =>
      label(at.x + left + i * w + w / 2, at.y + at.h - 20, String(hour), { size: 10, anchor: 'middle' }),
    ),
    label(at.x + left + (at.w - left) / 2, at.y + at.h - 3, columnOf(layer, 'x').label, {
      size: 11,
      anchor: 'middle',
    }),
  ].join('')
}

type Series = { readonly name: string; readonly values: ReadonlyMap<string, number> }

function seriesOf(layer: LensLayer, rows: readonly Row[]): Series[] {
  const measures = layer.columnOrder.filter(id => !columnOf(layer, id).isBucketed)
  const splits = layer.columns.split === undefined ? [null] : [...new Set(rows.map(({ split }) => split))]
  return splits.flatMap(split =>
    measures.map(id => {
      const own = rows.filter(row => split === null || row.split === split)
      const values = new Map(own.map(row => [String(row.x), Number(row[id] ?? 0)]))
      return { name: split === null ? columnOf(layer, id).label : String(split), values }
    }),
  )
}

function drawXy(layer: LensLayer, rows: readonly Row[], seriesType: string, at: Box): string {
  const series = seriesOf(layer, rows)
  const xs = [...new Set(rows.map(({ x }) => String(x)))]
  if (columnOf(layer, 'x').dataType === 'date') xs.sort()
  if (seriesType === 'bar_horizontal') return drawRows(layer, xs, series[0] as Series, at)
  const hasLegend = series.length > 1
  const area = { x: at.x + 44, y: at.y + 6, w: at.w - 48, h: at.h - (hasLegend ? 46 : 28) }
  const isStacked = seriesType === 'bar_stacked'
  const totals = xs.map(x => {
    const all = series.map(({ values }) => values.get(x) ?? 0)
    return isStacked ? all.reduce((a, b) => a + b, 0) : Math.max(...all)
  })
  const most = Math.max(...totals, 1)
  const measure = columnOf(layer, layer.columnOrder.find(id => !columnOf(layer, id).isBucketed) as string)
  const parts = [
    ...[0, 0.5, 1].flatMap(share => [
      box({ x: area.x, y: area.y + area.h * (1 - share), w: area.w, h: 0.5 }, '#e3e8f2'),
      label(area.x - 6, area.y + area.h * (1 - share) + 4, shown(measure, most * share), {
        size: 10,
        anchor: 'end',
      }),
    ]),
    ...ticks(layer, xs, area),
  ]
  const step = area.w / xs.length
  const base = xs.map(() => 0)
  series.forEach(({ values }, s) => {
    const color = palette[s % palette.length] as string
    if (seriesType === 'line') {
      const points = xs.map(
        (x, i) => [area.x + (i + 0.5) * step, area.y + area.h * (1 - (values.get(x) ?? 0) / most)] as const,
      )
      parts.push(path(points, s === 0 ? '#16c5c0' : '#61a2ff'))
      return
    }
    xs.forEach((x, i) => {
      const h = (area.h * (values.get(x) ?? 0)) / most
      base[i] = (base[i] as number) + h
      parts.push(
        box({ x: area.x + i * step + 1, y: area.y + area.h - (base[i] as number), w: step - 2, h }, color),
      )
    })
  })
  if (hasLegend) parts.push(legend(series, seriesType, at))
  return parts.join('')
}

function legend(series: readonly Series[], seriesType: string, at: Box): string {
  let x = at.x + 44
  return series
    .map(({ name }, i) => {
      const color = seriesType === 'line' && i === 1 ? '#61a2ff' : (palette[i % palette.length] as string)
      const part = box({ x, y: at.y + at.h - 12, w: 10, h: 10 }, color) + label(x + 15, at.y + at.h - 3, name)
      x += name.length * 6.6 + 34
      return part
    })
    .join('')
}

function ticks(layer: LensLayer, xs: readonly string[], area: Box): string[] {
  const step = area.w / xs.length
  const isDate = columnOf(layer, 'x').dataType === 'date'
  return xs.flatMap((x, i) => {
    if (isDate && !x.includes('T00:00')) return []
    const text = isDate ? x.slice(0, 10) : x
    return [
      label(area.x + (i + 0.5) * step, area.y + area.h + 15, text, { size: 10, anchor: 'middle', fit: 90 }),
    ]
  })
}

function drawRows(layer: LensLayer, xs: readonly string[], { values }: Series, at: Box): string {
  const most = Math.max(...values.values(), 1)
  const h = Math.min(24, at.h / xs.length)
  const left = at.w * 0.42
  const measure = columnOf(layer, layer.columnOrder.at(-1) as string)
  return xs
    .map((x, i) => {
      const value = values.get(x) ?? 0
      const w = ((at.w - left - 48) * value) / most
      const y = at.y + i * h
      return (
        label(at.x + left - 6, y + h / 2 + 4, x, { size: 11, anchor: 'end', fit: left - 8 }) +
        box({ x: at.x + left, y: y + 2, w, h: h - 4 }, '#16c5c0') +
        label(at.x + left + w + 5, y + h / 2 + 4, shown(measure, value), { size: 10 })
      )
    })
    .join('')
}

/** Places as circles on a plain grid, since outlines of countries are Kibana's to load; the first countries in words. */
function drawMap(rows: readonly Row[], at: Box): string {
  const parts = [box(at, '#eaf1f8')]
  for (let lon = -180; lon <= 180; lon += 30)
    parts.push(box({ x: at.x + ((lon + 180) / 360) * at.w, y: at.y, w: 0.5, h: at.h }, '#cad3e2'))
  for (let lat = -60; lat <= 90; lat += 30)
    parts.push(box({ x: at.x, y: at.y + ((90 - lat) / 150) * at.h, w: at.w, h: 0.5 }, '#cad3e2'))
  for (const { lat, lon, sessions } of rows.filter(({ lat }) => typeof lat === 'number')) {
    const [x, y] = [((Number(lon) + 180) / 360) * at.w, ((90 - Number(lat)) / 150) * at.h]
    parts.push(circle(at.x + x, at.y + y, 2 + Math.sqrt(Number(sessions)), '#f5a35c', 0.75))
  }
  const countries = rows.filter(({ country }) => country !== undefined)
  const first = countries.slice(0, 12).map(({ country, sessions }) => `${country} ${sessions}`)
  const text = `Shaded: ${countries.length} countries (${first.join(', ')} …)`
  parts.push(label(at.x + 8, at.y + at.h - 8, text, { size: 11, color: '#5a6d84' }))
  return parts.join('')
}
