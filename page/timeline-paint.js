// Draws the lanes that are in view, and no others: sessions as bars, events as marks, silences, merges.
import { hourMinute, minutes } from './format.js'

/** @typedef {import('./timeline-model.js').Lane} Lane */
/** @typedef {import('./timeline-model.js').Brief} Brief */
/**
 * @typedef {{
 *   context: CanvasRenderingContext2D, width: number, height: number, scrollTop: number, now: number, from: number, to: number,
 *   gapMs: number, watermark: number | null, lanes: Lane[], merges: { merge: import('./timeline-model.js').Merge, since: number }[],
 *   chosen: string | null, hovered: string | null, colours: Record<string, string>, isCalm: boolean
 * }} View
 */

export const rowHeight = 22
export const headHeight = 26
const barHeight = 12
const mergeMs = 3_500
const steps = [1, 2, 5, 10, 15, 30, 60, 120].map(count => count * 60_000)

/** Where the lanes begin. @param {number} width */
export const labelWidth = width => (width < 560 ? 58 : 86)

/** @param {View} view */
export const scaleOf = view => {
  const left = labelWidth(view.width)
  const perMs = (view.width - left - 14) / (view.to - view.from)
  return {
    left,
    perMs,
    /** @param {number} time */
    x: time => left + (time - view.from) * perMs,
  }
}

/** @param {View} view */
export function paint(view) {
  const { context, width, height, colours } = view
  context.clearRect(0, 0, width, height)
  const scale = scaleOf(view)
  paintGrid(view, scale)
  const first = Math.max(0, Math.floor(view.scrollTop / rowHeight))
  const last = Math.min(view.lanes.length, Math.ceil((view.scrollTop + height - headHeight) / rowHeight))
  context.save()
  context.beginPath()
  context.rect(0, headHeight, width, height - headHeight)
  context.clip()
  for (let row = first; row < last; row++) {
    const lane = view.lanes[row]
    if (lane === undefined) continue
    paintLane(view, scale, lane, headHeight + row * rowHeight - view.scrollTop + rowHeight / 2)
  }
  context.restore()
  paintNow(view, scale)
  context.fillStyle = colours.ink ?? ''
}

/** @param {View} view @param {ReturnType<typeof scaleOf>} scale */
function paintGrid(view, { left, perMs, x }) {
  const { context, width, height, colours, from, to } = view
  const step = steps.find(ms => ms * perMs > 64) ?? 7_200_000
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'middle'
  context.textAlign = 'center'
  for (let time = Math.ceil(from / step) * step; time < to; time += step) {
    const at = Math.round(x(time)) + 0.5
    context.strokeStyle = colours.line ?? ''
    context.lineWidth = 1
    line(context, at, headHeight, at, height)
    context.fillStyle = colours.muted ?? ''
    if (at > left + 18 && at < width - 72) context.fillText(hourMinute(time), at, headHeight / 2)
  }
}

/** @param {View} view @param {ReturnType<typeof scaleOf>} scale */
function paintNow(view, { left, x }) {
  const { context, height, colours, watermark, now } = view
  const at = x(now)
  context.strokeStyle = colours.accent ?? ''
  context.lineWidth = 1.5
  line(context, at, headHeight - 4, at, height)
  context.fillStyle = colours.accent ?? ''
  context.textAlign = 'right'
  context.font = '600 11px system-ui, sans-serif'
  context.fillText(hourMinute(now), at + 6, headHeight / 2)
  if (watermark === null) return
  const mark = x(Math.min(watermark, now))
  if (mark < left) return
  context.strokeStyle = colours.muted ?? ''
  context.lineWidth = 1
  context.setLineDash([2, 4])
  line(context, mark, headHeight, mark, height)
  context.setLineDash([])
}

/** @param {View} view @param {ReturnType<typeof scaleOf>} scale @param {Lane} lane @param {number} y */
function paintLane(view, scale, lane, y) {
  const { context, colours, width } = view
  context.textAlign = 'left'
  context.font = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace'
  context.fillStyle = colours.muted ?? ''
  context.fillText(shortened(lane.tab, scale.left < 70 ? 6 : 10), 8, y)
  context.save()
  context.beginPath()
  context.rect(scale.left, y - rowHeight / 2, width - scale.left, rowHeight)
  context.clip()
  for (const [i, session] of lane.sessions.entries()) {
    if (session.end + view.gapMs < view.from) continue
    paintSilence(view, scale, session, lane.sessions[i + 1], y)
    paintSession(view, scale, session, y)
  }
  for (const tick of lane.ticks) if (tick[1] >= view.from) paintTick(view, scale, tick, y)
  for (const { merge, since } of view.merges)
    if (merge.lane === lane.slot) paintMerge(view, scale, merge, performance.now() - since, y)
  context.restore()
}

/** @param {string} text @param {number} length */
const shortened = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

/**
 * What comes after a session: the rest of the ten minutes while it is open, or how long the tab was silent.
 * @param {View} view @param {ReturnType<typeof scaleOf>} scale @param {Brief} session @param {Brief | undefined} next @param {number} y
 */
function paintSilence(view, { x }, session, next, y) {
  const { context, colours, gapMs, now } = view
  const from = x(session.end)
  if (next === undefined) {
    if (!session.isOpen) return
    context.fillStyle = colours.tail ?? ''
    const to = x(Math.min(session.end + gapMs, Math.max(now, session.end)))
    context.fillRect(from, y - 1.5, Math.max(0, to - from), 3)
    return
  }
  const to = x(next.start)
  context.strokeStyle = colours.faint ?? ''
  context.lineWidth = 1
  context.setLineDash([1, 3])
  line(context, from + 3, y, to - 3, y)
  context.setLineDash([])
  if (to - from < 46) return
  const label = minutes(next.start - session.end)
  context.font = '10px system-ui, sans-serif'
  context.textAlign = 'center'
  const half = context.measureText(label).width / 2 + 4
  context.fillStyle = colours.card ?? ''
  context.fillRect((from + to) / 2 - half, y - 7, 2 * half, 14)
  context.fillStyle = colours.muted ?? ''
  context.fillText(label, (from + to) / 2, y)
}

/** @param {View} view @param {ReturnType<typeof scaleOf>} scale @param {Brief} session @param {number} y */
function paintSession(view, { x }, session, y) {
  const { context, colours } = view
  const from = x(session.start) - 4
  const to = Math.max(x(session.end) + 4, from + 8)
  context.fillStyle = (session.isBot ? colours.robot : session.isOpen ? colours.open : colours.ended) ?? ''
  rounded(context, from, y - barHeight / 2, to - from, barHeight, barHeight / 2)
  context.fill()
  context.fillStyle = colours.seam ?? ''
  for (const [start, end] of session.seams)
    context.fillRect(x(start), y - barHeight / 2, Math.max(2, x(end) - x(start)), barHeight)
  const isChosen = session.id === view.chosen
  if (!isChosen && session.id !== view.hovered) return
  context.strokeStyle = colours.ink ?? ''
  context.lineWidth = isChosen ? 2 : 1.25
  rounded(context, from - 2.5, y - barHeight / 2 - 2.5, to - from + 5, barHeight + 5, barHeight / 2 + 2.5)
  context.stroke()
}

/** @param {View} view @param {ReturnType<typeof scaleOf>} scale @param {import('./timeline-model.js').Tick} tick @param {number} y */
function paintTick(view, { x }, [, time, sort, lateMs], y) {
  const { context, colours } = view
  const at = x(time)
  if (sort === 'conversion') {
    context.fillStyle = colours.conversion ?? ''
    diamond(context, at, y, 5.5)
    context.strokeStyle = colours.card ?? ''
    context.lineWidth = 1.25
    context.stroke()
  } else if (sort === 'search') {
    context.strokeStyle = colours.mark ?? ''
    context.lineWidth = 1.5
    context.beginPath()
    context.arc(at, y, 2.6, 0, 7)
    context.stroke()
  } else {
    context.fillStyle = colours.mark ?? ''
    context.beginPath()
    context.arc(at, y, sort === 'view' ? 2.2 : 1.2, 0, 7)
    context.fill()
  }
  if (lateMs === 0) return
  context.fillStyle = colours.late ?? ''
  context.beginPath()
  context.moveTo(at - 3.5, y - 11)
  context.lineTo(at + 3.5, y - 11)
  context.lineTo(at, y - 6)
  context.fill()
}

/**
 * @param {View} view @param {ReturnType<typeof scaleOf>} scale @param {import('./timeline-model.js').Merge} merge
 * @param {number} age ms @param {number} y
 */
function paintMerge(view, { x }, { seam, time }, age, y) {
  const { context, colours, isCalm } = view
  if (age > mergeMs) return
  const share = age / mergeMs
  const [from, to] = [x(seam[0]), x(seam[1])]
  const at = x(time ?? (seam[0] + seam[1]) / 2)
  // The two halves close on the event that joins them.
  const closed = isCalm ? 1 : Math.min(1, age / 500)
  if (closed < 1) {
    context.fillStyle = colours.card ?? ''
    const eased = 1 - (1 - closed) ** 3
    const left = from + (at - from) * eased
    const right = to - (to - at) * eased
    context.fillRect(left, y - barHeight / 2, Math.max(0, right - left), barHeight)
  }
  context.globalAlpha = isCalm ? 1 : 1 - share
  context.strokeStyle = colours.late ?? ''
  context.lineWidth = 2
  rounded(context, from - 3, y - barHeight / 2 - 3, Math.max(6, to - from + 6), barHeight + 6, 6)
  context.stroke()
  if (!isCalm && age < 1_100) {
    context.beginPath()
    context.arc(at, y, 4 + age / 60, 0, 7)
    context.stroke()
  }
  context.globalAlpha = 1
}

/** @param {CanvasRenderingContext2D} context @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function line(context, x1, y1, x2, y2) {
  context.beginPath()
  context.moveTo(x1, y1)
  context.lineTo(x2, y2)
  context.stroke()
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} w @param {number} height @param {number} r */
function rounded(context, x, y, w, height, r) {
  context.beginPath()
  context.roundRect(x, y, w, height, r)
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} r */
function diamond(context, x, y, r) {
  context.beginPath()
  context.moveTo(x, y - r)
  context.lineTo(x + r, y)
  context.lineTo(x, y + r)
  context.lineTo(x - r, y)
  context.closePath()
  context.fill()
}
