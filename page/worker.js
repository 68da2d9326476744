// How a worker does: its partitions, and the last ten minutes.
import { byId, h, s } from './dom.js'
import { count, minutes } from './format.js'
import { headings, tiles } from './lists.js'

/** @typedef {import('../src/live/page-messages.ts').WorkerMessage} WorkerMessage */
/** @typedef {import('../src/live/page-messages.ts').Sample} Sample */

const kept = 300
/** @type {Sample[]} */
let samples = []

/** What was told before is told again to one who comes back. */
export function forgetSamples() {
  samples = []
}

/** @param {WorkerMessage} message */
export function showWorker(message) {
  const { totals, partitions, notReady, reasons } = message
  samples = [...samples, ...message.samples].slice(-kept)
  const [, perSecond = 0, lag = null, open = 0] = samples.at(-1) ?? []
  tiles([
    ['records / s', count(Math.round(perSecond)), ''],
    ['lag', lag === null ? '–' : count(lag), 'records that are not committed yet'],
    ['open sessions', count(open), 'in memory'],
    [
      'freshness',
      totals.freshnessMs === null ? '–' : minutesOrMs(totals.freshnessMs),
      'age of the oldest record of the latest batch, when it was stored',
    ],
    ['records', count(totals.records), 'since the worker began'],
    ['documents', count(totals.documents), 'written'],
    ['redirects', count(totals.redirects), 'ids that were absorbed'],
    ['duplicates', count(totals.duplicates), 'counted once'],
    ['dead letters', count(totals.deadLetters), 'records that are no events'],
  ])
  view ??= partsOf(byId('worker-view'))
  const parts = view
  parts.notReady.hidden = notReady.length === 0
  parts.notReady.replaceChildren(...notReady.map(reason => h('li', {}, reason)))
  parts.charts.replaceChildren(
    card(
      'Records a second',
      line(samples, ([, value]) => value, 'records a second'),
    ),
    card(
      'Lag',
      line(samples, ([, , value]) => value, 'records not committed'),
    ),
    card(
      'Open sessions',
      line(samples, ([, , , value]) => value, 'open sessions'),
    ),
  )
  parts.partitions.replaceChildren(table(partitions))
  parts.reasons.replaceChildren(
    ...(reasons.length === 0
      ? [h('li', { class: 'muted' }, 'None.')]
      : reasons.map(([reason, value]) => h('li', { class: 'chip' }, `${reason} ${count(value)}`))),
  )
  parts.note.textContent =
    `Late events were looked up ${count(totals.recalls)} times. ` +
    `The group was joined or shared anew ${count(totals.rebalances)} times.`
}

/**
 * Made once: where somebody has scrolled to, or what is being read aloud, must not go with every message.
 * @type {ReturnType<typeof partsOf> | null}
 */
let view = null

/** @param {HTMLElement} box */
function partsOf(box) {
  const parts = {
    notReady: h('ul', { class: 'card note-list', 'aria-live': 'polite', hidden: true }),
    charts: h('div', { class: 'charts three' }),
    partitions: h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Partitions' }),
    reasons: h('ul', { class: 'reasons' }),
    note: h('p', { class: 'muted' }),
  }
  const titled = (/** @type {string} */ title, /** @type {Node[]} */ ...content) =>
    h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, title)), ...content)
  box.replaceChildren(
    parts.notReady,
    parts.charts,
    titled('Partitions', parts.partitions),
    titled('Dead letters by reason', parts.reasons, parts.note),
  )
  return parts
}

/** @param {number} ms */
const minutesOrMs = ms =>
  ms < 1_000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : minutes(ms)

/** @param {string} title @param {Node} content */
const card = (title, content) => h('section', { class: 'card chart' }, h('h2', {}, title), content)

/** @param {WorkerMessage['partitions']} partitions */
function table(partitions) {
  if (partitions.length === 0) return h('p', { class: 'muted' }, 'None is assigned to this worker.')
  return h(
    'table',
    { class: 'table' },
    headings('Partition', 'Lag', 'Open sessions', 'Watermark', 'Behind the newest record', 'Newest record'),
    h(
      'tbody',
      {},
      ...partitions.map(({ partition, lag, openSessions, watermark, newestRecordAt }) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, partition),
          h('td', { class: 'number' }, lag === null ? '–' : count(lag)),
          h('td', { class: 'number' }, count(openSessions)),
          h('td', {}, timeOf(watermark)),
          h(
            'td',
            {},
            watermark === null || newestRecordAt === null
              ? '–'
              : minutes(Math.max(0, newestRecordAt - watermark)),
          ),
          h('td', {}, timeOf(newestRecordAt)),
        ),
      ),
    ),
  )
}

/** @param {number | null} time */
const timeOf = time => (time === null ? '–' : new Date(time).toISOString().replace('T', ' ').slice(0, 19))

/** @param {Sample[]} points @param {(sample: Sample) => number | null} read @param {string} unit */
function line(points, read, unit) {
  const values = points.map(read)
  const most = Math.max(1, ...values.map(value => value ?? 0))
  const [width, height] = [300, 90]
  const x = (/** @type {number} */ i) => width - (points.length - 1 - i) * (width / (kept - 1))
  const y = (/** @type {number} */ value) => height - 2 - (value / most) * (height - 8)
  const path = values
    .flatMap((value, i) => (value === null ? [] : [`${x(i).toFixed(1)},${y(value).toFixed(1)}`]))
    .join(' ')
  const label = `${count(Math.round(values.at(-1) ?? 0))} ${unit} now, at most ${count(Math.round(most))} in ten minutes`
  return h(
    'figure',
    {},
    s(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        class: 'line',
        role: 'img',
        'aria-label': label,
        preserveAspectRatio: 'none',
      },
      s('polyline', { points: path }),
    ),
    h(
      'figcaption',
      { class: 'ends muted' },
      h('span', {}, '10 min ago'),
      h('span', {}, `at most ${count(Math.round(most))}`),
      h('span', {}, 'now'),
    ),
  )
}
