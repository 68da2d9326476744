// The live page when something is wrong: with its server, its connection, its browser, or with what it is told.
import assert from 'node:assert/strict'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { httpPage } from '../../src/adapters/http-page.ts'
import { LiveWorker } from '../../src/live/live-worker.ts'
import type { Brief, Hello, LanesMessage } from '../../src/live/page-messages.ts'
import type { PageMessage } from '../../src/ports/page-feed.ts'
import { findChromium } from '../support/chromium.ts'
import { clock } from '../support/timeline.ts'

const executablePath = findChromium()
const skip = executablePath === null && 'no Chromium: set TEST_CHROMIUM, or have one on the PATH'
if (skip) console.error(`!!! page-in-trouble.test.ts SKIPPED: ${skip}`)

const ids = ['00000000-0000-5000-8000-000000000001', '00000000-0000-5000-8000-000000000002'] as const
const tabs = ['first', '\u200b\u202e']

const hello: Hello = {
  kind: 'hello',
  shows: 'sessions',
  title: 'test',
  version: '1',
  gapMs: 30 * 60_000,
  speeds: [],
}
const sessionOf = (id: string, lane: number): Brief => ({
  id,
  lane,
  start: clock('10:00'),
  end: clock('10:05'),
  isOpen: false,
  isBot: false,
  events: 2,
  conversions: 0,
  late: 0,
  seams: [],
  place: '',
  device: '',
  entry: '',
})
const time = { at: clock('10:10'), watermark: null, speed: 1, isRunning: true }
const lanes: LanesMessage = {
  kind: 'lanes',
  clock: time,
  lanes: tabs.map((tab, i) => [i, tab] as const),
  sessions: ids.map(sessionOf),
  ticks: [],
  merges: [],
}
const nothingNew = {
  kind: 'live',
  clock: time,
  lanes: [],
  emptied: [],
  sessions: [],
  gone: [],
  merges: [],
  ticks: [],
}

/** The page's server, with a hand before it that may answer in its place, and the streams that it has open. */
async function serve(t: TestContext, document: (id: string) => Promise<object | null> = async () => null) {
  const streams = new Set<ServerResponse>()
  const state = { version: '1', isSilent: false, before: (() => {}) as RequestListener, streams }
  const page = httpPage({
    feed: {
      snapshot: (): PageMessage[] => [{ ...hello, version: state.version } as PageMessage, lanes],
      changes: () => (state.isSilent ? [] : [nothingNew]),
    },
    document,
    isLocal: true,
  })
  const server = createServer((request, response) => {
    if (request.url === '/events') {
      streams.add(response)
      response.on('close', () => streams.delete(response))
    }
    state.before(request, response)
    if (response.headersSent || page.answer(request, response)) return
    response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    page.close()
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, state }
}

describe('the live page in trouble', { skip }, () => {
  let browser: Browser
  before(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] })
  })
  after(() => browser.close())

  /** The page, where time passes as a test says if it is to. */
  async function look(
    t: TestContext,
    url: string,
    { isTimed = false, ...options }: BrowserContextOptions & { isTimed?: boolean } = {},
  ): Promise<Page> {
    const page = await browser.newPage(options)
    t.after(() => page.close())
    if (isTimed) await page.clock.install()
    await page.goto(url)
    return page
  }
  /** The page's own policy lets nothing be evaluated that it would have to wait for itself. */
  async function until(page: Page, condition: string): Promise<void> {
    while (!(await page.evaluate(condition))) await page.waitForTimeout(20)
  }
  const says = (page: Page, text: string) =>
    page.locator('#state', { hasText: text }).waitFor({ timeout: 60_000 })

  it('comes back after an answer that is no stream, as when too many are looking', async t => {
    const { url, state } = await serve(t)
    state.before = (request, response) => {
      if (request.url === '/events') response.writeHead(503).end('too many are looking\n')
    }
    const page = await look(t, url)
    await says(page, 'the server refuses; trying again')
    state.before = () => {}
    await says(page, 'live, 1× as fast')
  })

  it('says that nothing comes any more where a connection died without a word, and asks anew', async t => {
    const { url, state } = await serve(t)
    const page = await look(t, url, { isTimed: true })
    await says(page, 'live')
    state.isSilent = true
    // The next connection does not say more.
    state.before = ({ url: asked }, response) => {
      if (asked === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    }
    await page.clock.runFor(20_000)
    await says(page, 'the server does not answer')
    state.before = () => {}
    state.isSilent = false
    for (const response of state.streams) response.destroy()
    await says(page, 'live')
  })

  it('gives back its connection while nobody sees it: a browser has six to a host', async t => {
    const { url, state } = await serve(t)
    const page = await look(t, url, { isTimed: true })
    await says(page, 'live')
    const open = () => state.streams.size
    assert.equal(open(), 1)
    const show = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`)
    await show(true)
    await page.clock.runFor(6_000)
    while (open() > 0) await page.waitForTimeout(20)
    await show(false)
    while (open() === 0) await page.waitForTimeout(20)
    await page.locator('#latest button', { hasText: 'first' }).waitFor()
  })

  it('loads itself anew where another version came back', async t => {
    const { url, state } = await serve(t)
    const page = await look(t, url)
    await says(page, 'live')
    state.version = '2'
    const loaded = page.waitForEvent('load', { timeout: 60_000 })
    for (const response of state.streams) response.destroy()
    await loaded
    await says(page, 'live')
    assert.match(await page.locator('#about').innerText(), /^Sessionloom 2/)
  })

  it('shows the session that was asked for last, and says of the store what is true', async t => {
    const first = Promise.withResolvers<null>()
    const { url } = await serve(t, id => (id === ids[0] ? first.promise : Promise.reject(new Error('gone'))))
    const page = await look(t, url)
    await page.locator('#latest button', { hasText: 'first' }).click()
    await page.keyboard.press('Escape')
    // What it is called has nothing that can be seen, or clicked on.
    await page.locator('#latest button', { hasText: '\\u202e' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('The store does not answer.').waitFor()
    const answered = page.waitForResponse(`**/sessions/${ids[0]}`)
    first.resolve(null)
    await answered
    await page.evaluate('new Promise(done => setTimeout(done, 200))')
    assert.match(await dialog.innerText(), /The store does not answer\.$/)
  })

  it('says how long a silence ends a session, as it is set', async t => {
    const { url } = await serve(t)
    const page = await look(t, url)
    await page.getByText('30 min of silence end one').waitFor()
  })

  it('keeps its legend and shares where colours are forced', async t => {
    const { url } = await serve(t)
    const page = await look(t, url, { forcedColors: 'active' })
    await says(page, 'live')
    const colours = await page.evaluate(
      `[...document.querySelectorAll('.key.bar')].map(key => getComputedStyle(key).backgroundColor)`,
    )
    assert.equal(new Set(colours as string[]).size, 4, String(colours))
    assert.notEqual(
      await page.evaluate(`getComputedStyle(document.querySelector('.tile, .card')).borderTopWidth`),
      '0px',
    )
  })

  it('lets one who looks at a worker stay where they have scrolled to', async t => {
    const worker = new LiveWorker({
      title: 'worker',
      version: '1',
      partitions: () => [{ partition: 0, openSessions: 1, lag: 1, watermark: 0, newestRecordAt: 0 }],
      notReady: () => [],
      clock: { now: Date.now, monotonic: () => performance.now() },
    })
    const page = httpPage({ feed: worker, isLocal: true })
    const server = createServer((request, response) => void page.answer(request, response))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      page.close()
      server.close()
      server.closeAllConnections()
    })
    const looked = await look(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      viewport: { width: 375, height: 700 },
    })
    await looked.locator('#worker-view tbody tr').waitFor()
    await looked.evaluate(`{
      window.row = document.querySelector('#worker-view tbody tr')
      document.querySelector('#worker-view .scroll').scrollLeft = 60
    }`)
    worker.sample()
    await until(looked, '!window.row.isConnected')
    assert.equal(await looked.evaluate(`document.querySelector('#worker-view .scroll').scrollLeft`), 60)
  })
})
