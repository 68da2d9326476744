// One session: what it is in short, and its whole document.
import { byId, h } from './dom.js'
import { counted, duration, readable } from './format.js'

/** Who asks for another one while the first is on its way wants to see that. */
let latest = 0

/** @param {string} id */
export async function openSession(id) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('session'))
  const turn = ++latest
  dialog.replaceChildren(head(dialog, 'Session'), h('p', { class: 'muted' }, 'reading…'))
  if (!dialog.open) dialog.showModal()
  const found = await read(id)
  if (turn !== latest) return
  if (typeof found === 'string') dialog.replaceChildren(head(dialog, 'Session'), h('p', {}, found))
  else show(dialog, id, found)
}

/** Its document, or why there is none. @param {string} id @returns {Promise<object | string>} */
async function read(id) {
  try {
    const response = await fetch(`sessions/${encodeURIComponent(id)}`)
    if (response.ok) return await response.json()
    return response.status === 404 ? 'It is not stored any more.' : 'The store does not answer.'
  } catch {
    return 'The server does not answer.'
  }
}

/** @param {HTMLDialogElement} dialog @param {string} asked @param {any} session */
function show(dialog, asked, session) {
  const { metadata, device, os, app, activity, pages, operation, referrer, quality } = session
  const absorbed = operation.merge.length
  /** @type {[string, string][]} */
  const facts = [
    [
      'From',
      `${metadata.time.insert.replace('T', ' ').replace(/\.\d+Z$/, '')} UTC, ${duration(metadata.time.duration)}, ${metadata.status}`,
    ],
    ['Where', [device.geo.city, device.geo.country.name].filter(Boolean).join(', ') || 'unknown'],
    [
      'With',
      [
        device.name === 'Other' ? device.type : device.name,
        `${os.name} ${os.version}`.trim(),
        `${app.name} ${app.version}`.trim(),
      ]
        .filter(Boolean)
        .join(' · '),
    ],
    ['Came by', [metadata.channel, referrer.host].filter(Boolean).join(', ') || 'unknown'],
    ['Pages', [pages.entry.path, pages.exit.path].filter(Boolean).join(' → ') || 'none'],
    [
      'Did',
      [
        counted(activity.events, 'event'),
        counted(activity.page_views, 'page view'),
        counted(activity.searches, 'search').replace('searchs', 'searches'),
        counted(activity.conversions, 'conversion'),
      ].join(', '),
    ],
    [
      'Late',
      `${counted(quality.late_events, 'late event')}, ${counted(quality.duplicates, 'duplicate')} left out`,
    ],
  ]
  if (app.bot) facts.push(['Robot', app.bot_reasons.join(', ')])
  if (absorbed > 0) facts.push(['Absorbed', `${counted(absorbed, 'id')}: ${operation.merge.join(', ')}`])
  dialog.replaceChildren(
    head(dialog, `Tab ${readable(session.tabId)}`),
    ...(asked === session.id ? [] : [h('p', { class: 'note' }, `${asked} was merged into this session.`)]),
    h('dl', { class: 'facts' }, ...facts.flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)])),
    h('h3', {}, 'The whole document'),
    h(
      'pre',
      { class: 'document', tabindex: '0', 'aria-label': 'The document as JSON' },
      ...coloured(session),
    ),
  )
}

/** @param {HTMLDialogElement} dialog @param {string} title */
function head(dialog, title) {
  return h(
    'div',
    { class: 'card-head' },
    h('h2', { id: 'session-title' }, title),
    h('button', { type: 'button', class: 'close', onclick: () => dialog.close() }, 'Close'),
  )
}

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi

/** JSON as text, its parts in colours. @param {unknown} value */
function coloured(value) {
  const text = JSON.stringify(value, null, 2)
  /** @type {(Node | string)[]} */
  const parts = []
  let done = 0
  for (const match of text.matchAll(token)) {
    parts.push(text.slice(done, match.index))
    const sort = match[2] ? 'name' : match[1] ? 'text' : 'value'
    parts.push(h('span', { class: `json-${sort}` }, match[1] ?? match[0]))
    if (match[2]) parts.push(match[2])
    done = match.index + match[0].length
  }
  parts.push(text.slice(done))
  return parts
}
