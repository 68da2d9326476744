// The timeline: draws when something moves, and lets a session be chosen by pointer or keys.
import { byId, h } from './dom.js'
import { counted, duration, hourMinute } from './format.js'
import { headHeight, labelWidth, paint, rowHeight, scaleOf } from './timeline-paint.js'

/** @typedef {import('./timeline-model.js').Brief} Brief */

const ranges = /** @type {const} */ ([
  [15, '15 minutes'],
  [30, '30 minutes'],
  [60, 'hour'],
  [120, '2 hours'],
])
const legend = /** @type {const} */ ([
  ['bar open', 'session, open'],
  ['bar ended', 'session, ended'],
  ['bar robot', 'robot'],
  ['bar seam', 'joined by a late event'],
  ['dot', 'page view'],
  ['ring', 'search'],
  ['diamond', 'conversion'],
  ['late', 'came late'],
  ['mark', 'watermark: late before it'],
])
const calmMs = 500
const colourNames = [
  'ink',
  'muted',
  'faint',
  'line',
  'card',
  'accent',
  'open',
  'ended',
  'robot',
  'seam',
  'mark',
  'tail',
  'late',
  'conversion',
]

export class Timeline {
  #model
  #open
  #gapMs = 600_000
  #rangeMs = 60 * 60_000
  #box = byId('timeline')
  #canvas = /** @type {HTMLCanvasElement} */ (byId('canvas'))
  #spacer = byId('spacer')
  #hint = byId('hint')
  #context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'))
  /** @type {Record<string, string>} */
  #colours = {}
  #calm = matchMedia('(prefers-reduced-motion: reduce)')
  /** @type {string | null} */
  #chosen = null
  /** @type {string | null} */
  #hovered = null
  #width = 0
  #height = 0
  #drawnAt = 0
  #isDirty = true
  #hasNews = false
  #rows = -1
  /** @type {import('./timeline-paint.js').View | null} */
  #view = null

  /** @param {import('./timeline-model.js').TimelineModel} model @param {(id: string) => void} open */
  constructor(model, open) {
    this.#model = model
    this.#open = open
    this.#chooseRanges()
    byId('legend').append(
      ...legend.map(([sort, text]) =>
        h('li', {}, h('i', { class: `key ${sort}`, 'aria-hidden': 'true' }), text),
      ),
    )
    // What is drawn has no elements to go to: arrow keys do.
    this.#box.tabIndex = 0
    this.#readColours()
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#readColours())
    new ResizeObserver(() => this.#resize()).observe(this.#box)
    this.#box.addEventListener('scroll', () => this.#dirty())
    this.#box.addEventListener('pointermove', event => this.#point(event))
    this.#box.addEventListener('pointerleave', () => this.#hover(null))
    this.#box.addEventListener('click', event => this.#click(event))
    this.#box.addEventListener('keydown', event => this.#key(event))
    requestAnimationFrame(() => this.#frame())
  }

  /** @param {number} gapMs */
  set gapMs(gapMs) {
    this.#gapMs = gapMs
    byId('gap').textContent = duration(gapMs / 1000)
  }

  /** The model has changed. */
  tell() {
    this.#hasNews = true
  }

  #dirty() {
    this.#isDirty = true
  }

  /** A tab shows while one of its sessions does. Those with a merge come first: it should be seen. */
  get #lanes() {
    const from = (this.#model.eventTime(performance.now()) ?? 0) - this.#rangeMs
    const shown = this.#model.lanes.filter(({ sessions }) => sessions.some(({ end }) => end >= from))
    const isMerged = (/** @type {import('./timeline-model.js').Lane} */ { sessions }) =>
      sessions.some(({ seams }) => seams.some(([, to]) => to >= from))
    return [...shown.filter(isMerged), ...shown.filter(lane => !isMerged(lane))]
  }

  #chooseRanges() {
    const select = /** @type {HTMLSelectElement} */ (byId('range'))
    for (const [minutes, name] of ranges)
      select.append(h('option', { value: minutes, selected: minutes === 60 }, name))
    select.addEventListener('change', () => {
      this.#rangeMs = Number(select.value) * 60_000
      this.#dirty()
    })
    if (innerWidth < 560) {
      select.value = '30'
      this.#rangeMs = 30 * 60_000
    }
  }

  #readColours() {
    const style = getComputedStyle(document.documentElement)
    this.#colours = Object.fromEntries(
      colourNames.map(name => [name, style.getPropertyValue(`--${name}`).trim()]),
    )
    this.#dirty()
  }

  #resize() {
    const ratio = Math.min(2, devicePixelRatio)
    this.#width = this.#box.clientWidth
    this.#height = this.#box.clientHeight
    this.#canvas.width = Math.round(this.#width * ratio)
    this.#canvas.height = Math.round(this.#height * ratio)
    this.#canvas.style.width = `${this.#width}px`
    this.#canvas.style.height = `${this.#height}px`
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.#dirty()
  }

  #frame() {
    requestAnimationFrame(() => this.#frame())
    const now = performance.now()
    const { clock, merges } = this.#model
    const moves = this.#hasNews || merges.length > 0 || (clock.isRunning && clock.speed > 0)
    // Where motion is not wanted, time moves in steps.
    const isTime = !this.#calm.matches || now - this.#drawnAt > calmMs
    if (!this.#isDirty && !(moves && isTime)) return
    if (this.#width === 0) return
    this.#drawnAt = now
    this.#isDirty = false
    this.#hasNews = false
    this.#draw(now)
  }

  /** @param {number} now */
  #draw(now) {
    const time = this.#model.eventTime(now)
    const { merges, clock } = this.#model
    const lanes = this.#lanes
    if (this.#rows !== lanes.length) {
      this.#rows = lanes.length
      this.#spacer.style.height = `${lanes.length * rowHeight + headHeight - this.#height + 4}px`
    }
    if (time === null) return
    this.#view = {
      context: this.#context,
      width: this.#width,
      height: this.#height,
      scrollTop: this.#box.scrollTop,
      now: time,
      from: time - this.#rangeMs,
      to: time,
      gapMs: this.#gapMs,
      watermark: clock.watermark,
      lanes,
      merges,
      chosen: this.#chosen,
      hovered: this.#hovered,
      colours: this.#colours,
      isCalm: this.#calm.matches,
    }
    paint(this.#view)
  }

  /** The session at a point of the box. @param {MouseEvent} event @returns {Brief | null} */
  #at(event) {
    const view = this.#view
    if (view === null) return null
    const box = this.#box.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    if (x < labelWidth(view.width) || y < headHeight) return null
    const lane = view.lanes[Math.floor((y - headHeight + this.#box.scrollTop) / rowHeight)]
    const scale = scaleOf(view)
    return (
      lane?.sessions.findLast(({ start, end }) => x >= scale.x(start) - 7 && x <= scale.x(end) + 7) ?? null
    )
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const session = this.#at(event)
    this.#hover(session)
    if (session === null || event.pointerType === 'touch') return
    const card = /** @type {HTMLElement} */ (this.#hint.offsetParent)
    const box = card.getBoundingClientRect()
    this.#hint.style.left = `${Math.min(event.clientX - box.left + 14, box.width - this.#hint.offsetWidth - 8)}px`
    this.#hint.style.top = `${event.clientY - box.top + 16}px`
  }

  /** @param {Brief | null} session */
  #hover(session) {
    const id = session?.id ?? null
    this.#box.classList.toggle('over', id !== null)
    this.#hint.hidden = session === null
    if (id === this.#hovered && session === null) return
    this.#hovered = id
    this.#dirty()
    if (session !== null)
      this.#hint.replaceChildren(
        h('strong', {}, this.#model.tabOf(session.lane)),
        ...inWords(session).map(text => h('span', {}, text)),
      )
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const session = this.#at(event)
    if (session === null) return
    this.#chosen = session.id
    this.#dirty()
    this.#open(session.id)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'Enter' || event.key === ' ') {
      if (this.#chosen !== null && this.#model.session(this.#chosen)) this.#open(this.#chosen)
    } else if (!this.#move(event.key)) return
    event.preventDefault()
  }

  /** @param {string} key */
  #move(key) {
    const lanes = this.#lanes
    const lane = lanes.findIndex(({ sessions }) => sessions.some(({ id }) => id === this.#chosen))
    const sessions = lanes[lane]?.sessions ?? []
    const at = sessions.findIndex(({ id }) => id === this.#chosen)
    const start = sessions[at]?.start ?? 0
    const near = (/** @type {number} */ row) =>
      lanes[row]?.sessions.toSorted((a, b) => Math.abs(a.start - start) - Math.abs(b.start - start))[0]
    /** @type {Record<string, () => Brief | undefined>} */
    const moves = {
      ArrowLeft: () => sessions[at - 1],
      ArrowRight: () => sessions[at + 1],
      ArrowUp: () => near(lane - 1),
      ArrowDown: () => near(lane + 1),
      Home: () => lanes[0]?.sessions.at(-1),
      End: () => lanes.at(-1)?.sessions.at(-1),
    }
    const move = moves[key]
    if (move === undefined) return false
    // The first key finds a session to begin with.
    const next = lane === -1 && key !== 'End' ? lanes[0]?.sessions.at(-1) : move()
    if (next !== undefined) this.#choose(next)
    return true
  }

  /** @param {Brief} session */
  #choose(session) {
    this.#chosen = session.id
    const row = this.#lanes.findIndex(({ slot }) => slot === session.lane)
    const [top, room] = [row * rowHeight, this.#height - headHeight - rowHeight]
    if (top < this.#box.scrollTop) this.#box.scrollTop = top
    if (top > this.#box.scrollTop + room) this.#box.scrollTop = top - room
    byId('chosen').textContent = `Tab ${this.#model.tabOf(session.lane)}: ${inWords(session).join(', ')}`
    this.#dirty()
  }
}

/** @param {Brief} session */
function inWords({ start, end, events, place, device, entry, isOpen, isBot, seams, conversions }) {
  return [
    `${hourMinute(start)}–${hourMinute(end)}, ${duration((end - start) / 1000)}${isOpen ? ', open' : ''}`,
    [
      counted(events, 'event'),
      conversions > 0 && counted(conversions, 'conversion'),
      seams.length > 0 && 'joined by late events',
    ]
      .filter(Boolean)
      .join(', '),
    [isBot && 'robot', place, device].filter(Boolean).join(' · '),
    entry,
  ].filter(text => text !== '')
}
