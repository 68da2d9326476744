// A picture of a dashboard as SVG, drawn from the saved object and from what a node answered for its panels. It shows
// where panels stand, what they are called and what is in them; Kibana's own drawing is finer.
import { drawChart } from './draw-chart.ts'
import type { PanelData } from './panel-data.ts'
import { controlsOf, type SavedObject } from './saved-panels.ts'
import { box, escaped, label, wrapped } from './svg.ts'

const column = 30
const line = 20
const margin = 14
const header = 116
const width = 48 * column + 2 * margin

export function drawDashboard(dashboard: SavedObject, data: readonly PanelData[], period: string): string {
  const bottom = Math.max(...data.map(({ panel: { grid } }) => grid.y + grid.h))
  const height = header + bottom * line + margin
  const panels = data.map(one => {
    const { x, y, w, h } = one.panel.grid
    const at = { x: margin + x * column + 3, y: header + y * line + 3, w: w * column - 6, h: h * line - 6 }
    return drawPanel(one, at)
  })
  const { title, description } = dashboard.attributes
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, 'DejaVu Sans', sans-serif">`,
    `<title>${escaped(title)}</title>`,
    box({ x: 0, y: 0, w: width, h: height }, '#f6f9fc'),
    label(margin + 3, 32, title, { size: 22, weight: 'bold' }),
    label(width - margin - 3, 32, period, { size: 13, anchor: 'end', color: '#5a6d84' }),
    label(margin + 3, 54, description, { size: 13, color: '#5a6d84' }),
    ...drawControls(dashboard),
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

function drawControls(dashboard: SavedObject): string[] {
  const controls = controlsOf(dashboard)
  const w = (width - 2 * margin) / controls.length
  return controls.flatMap(({ title, type, selected }, i) => {
    const at = { x: margin + i * w + 3, y: 70, w: w - 6, h: 32 }
    const value = selected.join(', ') || (type === 'rangeSliderControl' ? '●──────●' : 'Any')
    const split = at.x + Math.min(at.w * 0.62, title.length * 7.4 + 16)
    return [
      box(at, '#ffffff', '#cad3e2'),
      box({ ...at, w: split - at.x }, '#e3e8f2', '#cad3e2'),
      label(at.x + 8, at.y + 21, title, { size: 12, weight: 'bold' }),
      label(split + 8, at.y + 21, value, { size: 12, color: selected.length > 0 ? '#0b64dd' : '#5a6d84' }),
    ]
  })
}

function drawPanel({ panel, rows }: PanelData, at: { x: number; y: number; w: number; h: number }): string {
  const parts = [box(at, '#ffffff', '#d3dae6')]
  if (panel.type === 'visualization') {
    const text: string = panel.config.savedVis.params.markdown
    const plain = text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1 ↗').replace(/\*\*?|`/g, '')
    const lines = plain.split('\n').flatMap(paragraph => wrapped(paragraph, Math.floor(at.w / 6.7)))
    parts.push(...lines.map((text, i) => label(at.x + 12, at.y + 22 + i * 17, text, { size: 12.5 })))
    return `<g>${parts.join('')}</g>`
  }
  parts.push(label(at.x + 10, at.y + 19, panel.title, { size: 13, weight: 'bold' }))
  const inner = { x: at.x + 10, y: at.y + 28, w: at.w - 20, h: at.h - 36 }
  parts.push(drawChart(panel, rows, inner))
  return `<g><title>${escaped(panel.description)}</title>${parts.join('')}</g>`
}
