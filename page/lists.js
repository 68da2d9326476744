// Tiles, what just happened, the latest sessions, dead letters.
import { byId, h } from './dom.js'
import { count, duration, hourMinute, minutes, percent, readable } from './format.js'

const shownNews = 14

/** @param {import('../src/live/page-messages.ts').SummaryMessage} summary */
export function showTiles({ totals, bouncedShare, convertedShare }) {
  tiles([
    ['events', count(totals.records), ''],
    ['sessions', count(totals.sessions), ''],
    ['open now', count(totals.open), ''],
    ['merges', count(totals.merges), 'two sessions that a late event proved to be one'],
    ['late events', count(totals.late), 'behind the watermark; each found its session'],
    ['duplicates', count(totals.duplicates), 'counted once'],
    ['bounced', percent(bouncedShare), 'of people’s sessions'],
    ['converted', percent(convertedShare), 'of people’s sessions'],
    ['dead letters', count(totals.deadLetters), 'records that are no events'],
  ])
}

/** @param {[name: string, value: string, about: string][]} wanted */
export function tiles(wanted) {
  const list = byId('tiles')
  if (list.childElementCount !== wanted.length)
    list.replaceChildren(
      ...wanted.map(([name, , about]) =>
        h('div', { class: 'tile', title: about || false }, h('dt', {}, name), h('dd', {})),
      ),
    )
  for (const [i, [, value]] of wanted.entries()) {
    const shown = list.children[i]?.lastElementChild
    if (shown && shown.textContent !== value) shown.textContent = value
  }
}

/** @param {readonly import('../src/live/page-messages.ts').Merge[]} merges @param {(id: string) => void} open */
export function tellMerges(merges, open) {
  const list = byId('news')
  if (list.childElementCount === 0 && merges.length === 0)
    list.append(h('li', { class: 'muted' }, 'Late events that join two sessions show here.'))
  if (merges.length === 0) return
  if (list.querySelector('button') === null) list.replaceChildren()
  for (const { tab, id, seam, time, lateMs } of merges.slice(-shownNews)) {
    const late = lateMs === null || lateMs === 0 ? 'An event' : `An event ${minutes(lateMs)} late`
    const at = time === null ? '' : `, from ${hourMinute(time)},`
    list.prepend(
      h(
        'li',
        {},
        h(
          'button',
          { type: 'button', onclick: () => open(id) },
          h('strong', {}, 'Two sessions became one'),
          h(
            'span',
            {},
            `${late}${at} filled ${minutes(seam[1] - seam[0])} of silence in tab `,
            h('code', {}, readable(tab)),
          ),
        ),
      ),
    )
  }
  while (list.childElementCount > shownNews) list.lastElementChild?.remove()
}

/** @param {import('./timeline-model.js').Brief[]} sessions @param {(slot: number) => string} tabOf @param {(id: string) => void} open */
export function showLatest(sessions, tabOf, open) {
  const table = byId('latest')
  // Nobody's focus is taken away.
  if (table.contains(document.activeElement)) return
  table.replaceChildren(
    headings('Tab', 'Began', 'Lasted', 'Events', 'Where', 'With', 'Entered at'),
    h(
      'tbody',
      {},
      ...sessions.map(({ id, lane, start, end, events, place, device, entry, isOpen }) =>
        h(
          'tr',
          {},
          h(
            'td',
            {},
            h('button', { type: 'button', class: 'link', onclick: () => open(id) }, tabOf(lane) || 'tab'),
          ),
          h('td', {}, hourMinute(start)),
          h('td', {}, duration((end - start) / 1000), isOpen ? ' …' : ''),
          h('td', { class: 'number' }, count(events)),
          h('td', {}, place),
          h('td', {}, device),
          h('td', { class: 'path' }, entry),
        ),
      ),
    ),
  )
}

let shownLetters = ''

/** @param {import('../src/live/page-messages.ts').SummaryMessage} summary */
export function showLetters({ reasons, letters }) {
  const text = JSON.stringify([reasons, letters])
  if (text === shownLetters) return
  shownLetters = text
  byId('reasons').replaceChildren(
    ...reasons.map(([reason, value]) => h('li', { class: 'chip' }, `${reason} ${count(value)}`)),
  )
  byId('letters').replaceChildren(
    headings('Line', 'Reason', 'What was wrong', 'The record begins'),
    h(
      'tbody',
      {},
      ...letters
        .slice(0, 8)
        .map(letter =>
          h(
            'tr',
            {},
            h('td', { class: 'number' }, count(letter.line)),
            h('td', {}, h('code', {}, letter.reason)),
            h('td', {}, letter.message),
            h('td', { class: 'excerpt' }, letter.text),
          ),
        ),
    ),
  )
}

/** @param {...string} names */
export const headings = (...names) =>
  h('thead', {}, h('tr', {}, ...names.map(name => h('th', { scope: 'col' }, name))))
