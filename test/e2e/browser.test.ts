// The browser example of deploy/producers in a real browser: two tabs, one of them duplicated and reloaded, and a
// pause of eleven minutes, by a clock that is put forward in the page and in the collector at once.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { findChromium } from '../support/chromium.ts'
import { testSettings, testWorker } from '../support/in-process.ts'

const files = join(import.meta.dirname, '../../deploy/producers')
const types = { html: 'text/html', js: 'text/javascript' } as const
const path = findChromium()
const skip = path === null && 'no Chromium: set TEST_CHROMIUM, or have one on the PATH'
if (skip) console.error(`!!! browser.test.ts SKIPPED: ${skip}`)

type Sent = { readonly tabId: string; readonly type: string; readonly sentAt: number }

/** Serves the example, and keeps what it sends as a collector would write it. */
async function site(topic: ArrayTopic, now: () => number) {
  const sent: Sent[] = []
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') take(await text(request))
    const name = request.url?.split('?')[0]?.slice(1) ?? ''
    if (request.method === 'POST' || !/^(browser\.html|sessionloom\.js)$/.test(name))
      return response.writeHead(204).end()
    const type = types[name.split('.')[1] as keyof typeof types]
    return response.writeHead(200, { 'content-type': type }).end(readFileSync(join(files, name)))
  })
  function take(body: string): void {
    const { sentAt, events } = JSON.parse(body)
    for (const event of events) {
      sent.push({ ...event, sentAt })
      topic.append(0, JSON.stringify({ ...event, sentAt, receivedAt: now() }), now())
    }
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise(resolve => server.close(resolve).closeAllConnections())
  return { url: `http://127.0.0.1:${port}/browser.html`, sent, close }
}

/** The clock of every page, which can be put ahead. */
const clock = `{
  const now = Date.now.bind(Date)
  window.aheadMs = 0
  Date.now = () => now() + window.aheadMs
}`

const until = async (condition: () => boolean, what: string) => {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    assert.ok(performance.now() < deadline, `not within 20 s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const tabOf = async (page: Page) => String(await page.evaluate("sessionStorage.getItem('sessionloom-tab')"))

describe('the browser example', { skip }, () => {
  it('gives each tab its sessions: reloaded it is the same tab, duplicated another, after eleven minutes a new session', async t => {
    let aheadMs = 0
    const topic = new ArrayTopic(1)
    const { url, sent, close } = await site(topic, () => Date.now() + aheadMs)
    t.after(close)
    const browser = await chromium.launch({ executablePath: path as string, args: ['--no-sandbox'] })
    t.after(() => browser.close())
    const context = await browser.newContext()
    await context.addInitScript(clock)

    const first = await context.newPage()
    await first.goto(url)
    await first.evaluate(
      "document.querySelector('input').value = 'red shoes'; document.querySelector('form').requestSubmit()",
    )
    const second = await context.newPage()
    await second.goto(url)
    // As a duplicated tab, it begins with a copy of the session storage.
    const opened = context.waitForEvent('page')
    await first.evaluate('void window.open(location.href)')
    const copy = await opened
    await copy.waitForLoadState()
    const ids = [await tabOf(first), await tabOf(second), await tabOf(copy)]
    assert.equal(new Set(ids).size, 3, 'three tabs, three ids')

    await first.goto(`${url}?again`)
    assert.equal(await tabOf(first), ids[0], 'the next page of a tab has its id')

    aheadMs = 11 * 60_000
    await first.evaluate(`window.aheadMs = ${aheadMs}; document.querySelector('#buy').click()`)
    for (const page of [first, second, copy]) await page.goto('about:blank')
    await until(() => sent.length === 6, `6 events, but ${sent.map(({ type }) => type)}`)

    const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
    t.after(() => store.close())
    const { worker, letters } = testWorker(new ArrayEventSource(topic, () => 3), store)
    await worker.run()
    await worker.closeAll()
    assert.deepEqual(letters, [])
    const found = [...store.documents()].map(({ tabId, activity, lastQuery }) => [
      ids.indexOf(tabId),
      activity.page_views,
      lastQuery,
      activity.conversion_value,
    ])
    assert.deepEqual(found.sort(), [
      [0, 0, null, 19.9],
      [0, 2, 'red shoes', 0],
      [1, 1, null, 0],
      [2, 1, null, 0],
    ])
  })
})
