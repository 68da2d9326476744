// What the server tells → what the page shows.
import { showCharts } from './charts.js'
import { byId, h } from './dom.js'
import { counted } from './format.js'
import { showLatest, showLetters, showTiles, tellMerges } from './lists.js'
import { openSession } from './session-dialog.js'
import { listen } from './stream.js'
import { Timeline } from './timeline.js'
import { TimelineModel } from './timeline-model.js'
import { forgetSamples, showWorker } from './worker.js'

const latestEveryMs = 2_000

const model = new TimelineModel()
const timeline = new Timeline(model, openSession)
let latestAt = Number.NEGATIVE_INFINITY
let lanes = -1
let served = ''

/** @param {import('../src/live/page-messages.ts').Hello} hello */
function greet({ title, version, shows, gapMs, speeds }) {
  const serves = `${version} ${shows} ${speeds}`
  // What came back is another one: its page goes with it.
  if (served !== '' && served !== serves) location.reload()
  served = serves
  forgetSamples()
  byId('source').textContent = title
  // Their licence asks for a link.
  byId('about').replaceChildren(
    `Sessionloom ${version}. Places: `,
    h('a', { href: 'https://db-ip.com', rel: 'noreferrer' }, 'IP Geolocation by DB-IP'),
  )
  byId('sessions-view').hidden = shows !== 'sessions'
  byId('worker-view').hidden = shows !== 'worker'
  timeline.gapMs = gapMs
  const set = byId('speeds')
  set.hidden = speeds.length === 0
  if (set.querySelector('button') !== null) return
  for (const speed of speeds)
    set.append(
      h(
        'button',
        { type: 'button', 'data-speed': speed, 'aria-pressed': 'false', onclick: () => setSpeed(speed) },
        speed === 0 ? 'Pause' : `${speed}×`,
      ),
    )
}

/** @param {number} speed */
const setSpeed = speed => void fetch(`speed/${speed}`, { method: 'POST' }).catch(() => {})

function showClock() {
  const { speed, isRunning, at } = model.clock
  const text = !isRunning
    ? 'read to its end'
    : speed === 0
      ? 'paused'
      : at === null
        ? 'starting'
        : `live, ${speed}× as fast`
  setState(text, isRunning && speed > 0 ? 'good' : '')
  for (const button of byId('speeds').querySelectorAll('button'))
    button.setAttribute('aria-pressed', String(Number(button.dataset.speed) === speed))
  if (lanes === model.lanes.length) return
  lanes = model.lanes.length
  byId('timeline-note').textContent =
    `${counted(lanes, 'tab')}, one a line, in UTC; click a session to open it`
}

/** @param {string} text @param {string} sort */
function setState(text, sort) {
  const state = byId('state')
  if (state.textContent !== text) state.textContent = text
  state.className = `chip ${sort}`
}

/** @type {Record<string, (message: any) => void>} */
const hear = {
  hello: greet,
  lanes(message) {
    model.reset(message, performance.now())
    timeline.tell()
    byId('news').replaceChildren()
    tellMerges(message.merges, openSession)
    showClock()
  },
  live(message) {
    const now = performance.now()
    model.apply(message, now)
    timeline.tell()
    tellMerges(message.merges, openSession)
    showClock()
    if (now - latestAt < latestEveryMs) return
    latestAt = now
    showLatest(model.latest(8), slot => model.tabOf(slot), openSession)
  },
  worker(message) {
    showWorker(message)
    const isReady = message.notReady.length === 0
    setState(isReady ? 'at work' : 'waiting', isReady ? 'good' : 'bad')
  },
  summary(message) {
    showTiles(message)
    showCharts(message)
    showLetters(message)
  },
}

listen(
  message => hear[message.kind]?.(message),
  text => setState(text, 'bad'),
)
