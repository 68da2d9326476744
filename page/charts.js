// Small charts: bars, a heat map, lists with their shares. Each says in words what it shows.
import { byId, h, s } from './dom.js'
import { count, dateOf, dayOf, duration, hourMinute, percent, readable } from './format.js'

/** @typedef {import('../src/live/page-messages.ts').SummaryMessage} Summary */

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
/** Monday first, as calendars have it. */
const shownDays = [1, 2, 3, 4, 5, 6, 0]

/** Only what has changed is drawn anew. @type {Map<string, string>} */
const drawn = new Map()

/** @param {Summary} summary */
export function showCharts(summary) {
  const { overTime, week, countries, devices, channels, entries, durations } = summary
  card('over-time', 'Sessions over time', overTime, 'wide', () => bars(overTime))
  card('week', 'Weekday and hour', week, 'wide', () => heatMap(week))
  card('durations', 'How long sessions last', durations, '', () => percentiles(durations))
  card('countries', 'Countries', countries, '', () => list(countries, summary.charted))
  card('devices', 'Devices', devices, '', () => list(devices, summary.charted))
  card('channels', 'Channels', channels, '', () => list(channels, sumOf(channels)))
  card('entries', 'Entry pages', entries, '', () => list(entries, sumOf(entries)))
}

/** @param {readonly (readonly [string, number])[]} counted */
const sumOf = counted => counted.reduce((sum, [, value]) => sum + value, 0)

/** @param {string} id @param {string} title @param {unknown} data @param {string} sort @param {() => Node} draw */
function card(id, title, data, sort, draw) {
  const text = JSON.stringify(data)
  if (drawn.get(id) === text) return
  drawn.set(id, text)
  const old = document.getElementById(`chart-${id}`)
  const made = h('section', { id: `chart-${id}`, class: `card chart ${sort}` }, h('h2', {}, title), draw())
  if (old === null) byId('charts').append(made)
  else old.replaceWith(made)
}

/** @param {Summary['overTime']} overTime */
function bars({ from, stepMs, counts }) {
  const most = Math.max(1, ...counts)
  const [width, height] = [480, 120]
  const each = width / Math.max(1, counts.length)
  const label =
    counts.length === 0 ? 'No sessions yet' : `Sessions begun per ${duration(stepMs / 1000)}; at most ${most}`
  const to = from + counts.length * stepMs
  const days = (to - from) / 86_400_000
  const timeOf = (/** @type {number} */ time) => {
    if (days > 300) return dateOf(time)
    return days > 1 ? `${dayOf(time)}, ${hourMinute(time)}` : hourMinute(time)
  }
  return h(
    'figure',
    {},
    s(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        class: 'bars',
        role: 'img',
        'aria-label': label,
        preserveAspectRatio: 'none',
      },
      ...counts.map((value, i) => {
        const tall = (value / most) * (height - 4)
        const bar = s('rect', {
          x: i * each + each * 0.1,
          y: height - tall,
          width: each * 0.8,
          height: tall,
          rx: Math.min(2, each / 4),
        })
        bar.append(s('title', {}, `${timeOf(from + i * stepMs)}: ${value}`))
        return bar
      }),
    ),
    h(
      'figcaption',
      { class: 'ends muted' },
      h('span', {}, counts.length ? timeOf(from) : ''),
      h('span', {}, label),
      h('span', {}, counts.length ? timeOf(to) : ''),
    ),
  )
}

/** @param {Summary['week']} week */
function heatMap(week) {
  const most = Math.max(1, ...week.flat())
  const cells = []
  let best = { day: 0, hour: 0, value: -1 }
  for (const [row, day] of shownDays.entries()) {
    const name = weekdays[day] ?? ''
    cells.push(s('text', { x: 26, y: row * 14 + 11, class: 'axis', 'text-anchor': 'end' }, name.slice(0, 3)))
    for (const [hour, value] of (week[day] ?? []).entries()) {
      if (value > best.value) best = { day, hour, value }
      const level = value === 0 ? 0 : 1 + Math.round((value / most) * 6)
      const cell = s('rect', {
        x: 32 + hour * 18,
        y: row * 14,
        width: 16,
        height: 12,
        rx: 2.5,
        class: `heat heat-${level}`,
      })
      cell.append(s('title', {}, `${name} ${hour}:00: ${value}`))
      cells.push(cell)
    }
  }
  for (const hour of [0, 6, 12, 18, 23])
    cells.push(s('text', { x: 40 + hour * 18, y: 110, class: 'axis', 'text-anchor': 'middle' }, `${hour}`))
  const label = `Sessions by weekday and hour of their start; most on ${weekdays[best.day]} at ${best.hour}:00, ${best.value}`
  return h(
    'figure',
    {},
    s('svg', { viewBox: '0 0 466 114', class: 'week', role: 'img', 'aria-label': label }, ...cells),
  )
}

/** @param {readonly (readonly [string, number])[]} counted @param {number} all */
function list(counted, all) {
  const most = Math.max(1, ...counted.map(([, value]) => value))
  if (counted.length === 0) return h('p', { class: 'muted' }, 'Nothing yet.')
  return h(
    'ol',
    { class: 'shares' },
    ...counted.map(([name, value]) => {
      const bar = h('i', { class: 'share', 'aria-hidden': 'true' })
      bar.style.inlineSize = `${(100 * value) / most}%`
      return h(
        'li',
        { class: 'share-row', title: name },
        bar,
        h('span', { class: 'share-name' }, readable(name)),
        h('span', { class: 'share-count' }, `${count(value)} · ${percent(value / Math.max(1, all))}`),
      )
    }),
  )
}

/** @param {Summary['durations']} durations */
function percentiles(durations) {
  const most = Math.max(1, ...durations.map(([, seconds]) => seconds))
  if (durations.length === 0) return h('p', { class: 'muted' }, 'Nothing yet.')
  return h(
    'ol',
    { class: 'shares' },
    ...durations.map(([share, seconds]) => {
      const bar = h('i', { class: 'share', 'aria-hidden': 'true' })
      bar.style.inlineSize = `${(100 * seconds) / most}%`
      return h(
        'li',
        { class: 'share-row' },
        bar,
        h('span', { class: 'share-name' }, share === 50 ? 'half, up to' : `${share} %, up to`),
        h('span', { class: 'share-count' }, duration(seconds)),
      )
    }),
  )
}
