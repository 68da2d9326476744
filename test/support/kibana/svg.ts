export type Box = { readonly x: number; readonly y: number; readonly w: number; readonly h: number }

export const palette = [
  '#16c5c0',
  '#a6edea',
  '#61a2ff',
  '#bfdbff',
  '#ee72a6',
  '#f6c5da',
  '#fcd883',
  '#b9a888',
]

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const round = (value: number): string => String(Math.round(value * 10) / 10)

export function box({ x, y, w, h }: Box, fill: string, stroke = 'none'): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, w))}" height="${round(Math.max(0, h))}" fill="${fill}" stroke="${stroke}"/>`
}

type Look = {
  readonly size?: number
  readonly weight?: string
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly color?: string
  /** Text beyond it is cut. */
  readonly fit?: number
}

export function label(x: number, y: number, text: string, look: Look = {}): string {
  const { size = 11, weight = 'normal', anchor = 'start', color = '#1d2a3e', fit } = look
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${color}">${escaped(fitted(text, size, fit))}</text>`
}

function fitted(text: string, size: number, room: number | undefined): string {
  if (room === undefined) return text
  const most = Math.max(3, Math.floor(room / (size * 0.58)))
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

export function path(points: readonly (readonly [x: number, y: number])[], stroke: string): string {
  const list = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
  return `<polyline points="${list}" fill="none" stroke="${stroke}" stroke-width="2"/>`
}

export function circle(x: number, y: number, r: number, fill: string, opacity = 1): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(r)}" fill="${fill}" fill-opacity="${opacity}" stroke="#7a4a1c" stroke-width="0.5"/>`
}

/** A part of a ring, from one share of the circle to another. */
export function ring(x: number, y: number, radius: number, from: number, to: number, color: string): string {
  const inner = radius * 0.6
  const at = (r: number, share: number) => {
    const angle = 2 * Math.PI * share - Math.PI / 2
    return `${round(x + r * Math.cos(angle))} ${round(y + r * Math.sin(angle))}`
  }
  const end = Math.min(to, from + 0.9999)
  const large = end - from > 0.5 ? 1 : 0
  return `<path d="M ${at(radius, from)} A ${radius} ${radius} 0 ${large} 1 ${at(radius, end)} L ${at(inner, end)} A ${inner} ${inner} 0 ${large} 0 ${at(inner, from)} Z" fill="${color}" stroke="#ffffff"/>`
}

export function wrapped(text: string, most: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string
    if (line.length + word.length + 1 > most) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
