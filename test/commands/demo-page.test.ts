// The live page in a real browser: what is read becomes lanes, a late event merges two sessions before one's eyes, a
// session opens, and nothing that an event says is ever more than text.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { httpPage } from '../../src/adapters/http-page.ts'
import { serveStatus } from '../../src/adapters/http-status.ts'
import { LiveWorker } from '../../src/live/live-worker.ts'
import { findChromium } from '../support/chromium.ts'
import { sessionloom } from '../support/command.ts'
import { clock, tab } from '../support/timeline.ts'

const main = join(import.meta.dirname, '../../src/main.ts')
const executablePath = findChromium()
const skip = executablePath === null && 'no Chromium: set TEST_CHROMIUM, or have one on the PATH'
if (skip) console.error(`!!! demo-page.test.ts SKIPPED: ${skip}`)

const hostile = '<img src=x onerror="window.wasHacked=1"><script>window.wasHacked=1</script>'
const markup = {
  page: { url: `https://shop.example/${hostile}`, title: hostile, referrer: 'javascript:window.wasHacked=1' },
}

/** Two sessions of one tab, and the event of 10:12 that comes when both seemed to be over. */
const arrivals = [
  ...tab('calm', { type: 'page-view' }).at('10:00', '10:05', '10:19', '10:24'),
  ...tab(hostile, {
    type: 'page-view',
    query: hostile,
    context: markup,
    properties: { [hostile]: hostile },
  }).at('10:20'),
  ...tab('calm', { type: 'page-view', receivedAt: clock('10:26') }).at('10:12'),
  ...tab('last', { type: 'conversion' }).at('10:27', '10:40'),
].map(event => ({
  ...event,
  receivedAt: event.timestamp === clock('10:12') ? clock('10:26') : event.timestamp,
}))

const log = [
  ...arrivals.slice(0, 5).map(event => JSON.stringify(event)),
  `{"${hostile}`,
  ...arrivals.slice(5).map(event => JSON.stringify(event)),
].join('\n')

type Demo = {
  readonly url: string
  readonly child: ChildProcess
  readonly said: string[]
  readonly temporary: string
}

/** The demo as a process with a temporary folder of its own. */
async function startDemo(t: TestContext, words: readonly string[]): Promise<Demo> {
  const temporary = mkdtempSync(join(tmpdir(), 'demo-page-test-'))
  const child = spawn(process.execPath, [main, 'demo', ...words], {
    env: { ...process.env, TMPDIR: temporary, SQLITE_TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(temporary, { recursive: true, force: true })
  })
  const said: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', line => {
      said.push(line)
      const url = /(http:\S+)/.exec(line)?.[1]
      if (url !== undefined) resolve({ url, child, said, temporary })
    })
    child.once('exit', code => reject(new Error(`the demo ended with ${code}`)))
  })
}

const folder = mkdtempSync(join(tmpdir(), 'demo-page-log-'))
const logPath = join(folder, 'events.ndjson')
let browser: Browser

type Looked = { readonly page: Page; readonly complaints: string[]; readonly requested: string[] }

/** The page with all that its console said, and all that it asked for. */
async function look(
  t: TestContext,
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
  view = '#sessions-view',
): Promise<Looked> {
  const page = await browser.newPage(options)
  t.after(() => page.close())
  const complaints: string[] = []
  const requested: string[] = []
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => requested.push(request.url()))
  await page.goto(url)
  await page.waitForSelector(`${view}:not([hidden])`)
  return { page, complaints, requested }
}

/** How many pixels of the timeline have the colours of these custom properties. Plain text: it runs in the page. */
const pixels = (page: Page, ...names: string[]) =>
  page.evaluate(`{
    const canvas = document.querySelector('#canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const style = getComputedStyle(document.documentElement)
    const names = ${JSON.stringify(names)}
    names.map(name => {
      const wanted = style.getPropertyValue(name).trim()
      const [red, green, blue] = [1, 3, 5].map(at => Number.parseInt(wanted.slice(at, at + 2), 16))
      let count = 0
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === red && data[i + 1] === green && data[i + 2] === blue) count++
      return count
    })
  }`) as Promise<number[]>

const tile = (page: Page, name: string) =>
  page.locator('.tile', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd')

const has = (page: Page, name: string, value: string) =>
  tile(page, name)
    .filter({ hasText: new RegExp(`^${value}$`) })
    .waitFor({ timeout: 20_000 })

describe('the live page', { skip }, () => {
  before(async () => {
    writeFileSync(logPath, log)
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] })
  })
  after(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows a log as lanes, merges two sessions by a late event, and opens the one that is left', async t => {
    const { url } = await startDemo(t, ['--events', logPath, '--speed', '0'])
    const { page, complaints, requested } = await look(t, url)
    await has(page, 'sessions', '1')
    await page.getByRole('button', { name: '300×' }).click()
    await page.locator('#news button').waitFor({ timeout: 20_000 })
    assert.match(
      await page.locator('#news button').innerText(),
      /Two sessions became one\s+An event 12 min late, from 10:12, filled 14 min of silence in tab calm/,
    )
    await has(page, 'merges', '1')
    await has(page, 'sessions', '4')
    await page.getByText('read to its end').waitFor()
    const [seam = 0, ended = 0] = await pixels(page, '--seam', '--ended')
    assert.ok(seam > 50 && ended > 50, `a merged session is drawn: ${seam} and ${ended} pixels`)
    await page.locator('#news button').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Tab calm').waitFor()
    const document = JSON.parse(await dialog.locator('pre').innerText())
    assert.equal(document.activity.events, 5)
    assert.equal(document.operation.merge.length, 1)
    assert.deepEqual(
      [document.metadata.time.insert, document.lastSeen],
      ['2026-11-24T10:00:00.000Z', '2026-11-24T10:24:00.000Z'],
    )
    const absorbed = await page.evaluate(
      `fetch('sessions/${document.operation.merge[0]}').then(one => one.json())`,
    )
    assert.deepEqual(absorbed, document, 'the id that was absorbed leads there')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    assert.deepEqual(complaints, [])
    assert.deepEqual(
      requested.filter(one => !one.startsWith(url)),
      [],
    )
  })

  it('keeps hostile text as text, wherever it shows', async t => {
    const { url } = await startDemo(t, ['--events', logPath, '--speed', '100000'])
    const { page, complaints, requested } = await look(t, url)
    await has(page, 'dead letters', '1')
    await page.locator('#letters').getByText(`{"${hostile}`, { exact: true }).waitFor()
    await page.locator('#latest').getByText(hostile.slice(0, 20)).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(`Tab ${hostile}`, { exact: true }).waitFor()
    const document = JSON.parse(await dialog.locator('pre').innerText())
    assert.equal(document.tabId, hostile)
    assert.equal(document.lastQuery, hostile)
    await page.keyboard.press('Escape')
    await page.locator('#timeline').hover({ position: { x: 200, y: 60 } })
    assert.equal(await page.evaluate('window.wasHacked'), undefined)
    assert.equal(await page.locator('img[src="x"], body script').count(), 0)
    assert.deepEqual(complaints, [])
    assert.deepEqual(
      requested.filter(one => !one.startsWith(url)),
      [],
    )
  })

  it('is used by keys alone', async t => {
    const { url } = await startDemo(t, ['--events', logPath, '--speed', '100000'])
    const { page } = await look(t, url)
    await page.getByText('read to its end').waitFor()
    await page.locator('#timeline').focus()
    await page.keyboard.press('End')
    await page.locator('#chosen', { hasText: 'Tab last: 10:40' }).waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowLeft')
    await page.locator('#chosen', { hasText: 'Tab last: 10:27' }).waitFor({ state: 'attached' })
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('Tab last').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.equal(await page.evaluate('document.activeElement.id'), 'timeline')
  })

  for (const [name, options] of [
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' }],
  ] as const)
    it(`fits ${name}, with made-up events`, async t => {
      const { url } = await startDemo(t, ['--history', '1'])
      const { page, complaints, requested } = await look(t, url, options)
      await page.locator('.chart').nth(6).waitFor()
      await page.locator('#news button').first().waitFor()
      const [wide = 0, room = 0] = (await page.evaluate(
        '[document.documentElement.scrollWidth, innerWidth]',
      )) as number[]
      assert.ok(wide <= room, `${wide} px wide in ${room}`)
      assert.deepEqual(complaints, [])
      assert.deepEqual(
        requested.filter(one => !one.startsWith(url)),
        [],
      )
      await page.getByText('live, 60× as fast').waitFor()
      const places = page.getByRole('link', { name: 'IP Geolocation by DB-IP' })
      assert.equal(await places.getAttribute('href'), 'https://db-ip.com')
      for (let open = 0; open < 50; [open = 0] = await pixels(page, '--open')) await page.waitForTimeout(100)
    })

  it('keeps the sessions in a file where that is wanted, and takes none that is there', async t => {
    const store = join(folder, 'kept.sqlite')
    const { url, child, said } = await startDemo(t, [
      '--events',
      logPath,
      '--speed',
      '100000',
      '--keep',
      store,
    ])
    const { page } = await look(t, url)
    await page.getByText('read to its end').waitFor()
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
    assert.match(said.at(-3) ?? '', /^9 records read in [\d.]+ s: 8 applied, 0 duplicates, 1 dead letter$/)
    assert.match(said.at(-1) ?? '', /^4 sessions, \d merges?; they are in /)
    const kept = new DatabaseSync(store)
    const counted = kept.prepare("SELECT count(*) AS count FROM documents WHERE status = 'ended'").get()
    kept.close()
    assert.equal(counted?.count, 4)
    // The same log changes nothing there, and another one goes on from it.
    assert.match(
      (await sessionloom(['replay', logPath, '--store', `sqlite:${store}`])).stderr,
      /was replayed into this store before \(9 records\)/,
    )
    const more = tab('calm')
      .at('10:30')
      .map(event => JSON.stringify({ ...event, receivedAt: event.timestamp }))
    const replayed = await sessionloom(
      ['replay', '-', '--store', `sqlite:${store}`, '--out', `${store}.ndjson`],
      { input: more.join('\n') },
    )
    assert.match(replayed.stderr, /1 record read in [\d.]+ s: 1 applied/)
    const calm = readFileSync(`${store}.ndjson`, 'utf8')
      .split('\n')
      .filter(line => line.includes('"tabId":"calm"'))
    assert.deepEqual(
      calm.map(line => JSON.parse(line).activity.events),
      [6],
    )
    const again = await sessionloom(['demo', '--keep', store, '--rate', '-1'])
    assert.equal(again.exitCode, 2)
    assert.match(again.stderr, /--rate: expected a number.*\n.*--keep: there is such a file/)
  })

  it('shows how a worker does, and nothing else', async t => {
    const reasons = ['waiting for the store: <b>refused</b>']
    const worker = new LiveWorker({
      title: 'worker: raw-events → sessions',
      version: '0',
      partitions: () => [
        {
          partition: 3,
          openSessions: 1_234,
          lag: 56_789,
          watermark: clock('10:00'),
          newestRecordAt: clock('10:07'),
        },
      ],
      notReady: () => reasons,
      clock: { now: Date.now, monotonic: () => performance.now() },
    })
    const page = httpPage({ feed: worker, isLocal: false })
    const server = await serveStatus({ host: '127.0.0.1', port: 0 }, null, undefined, page)
    t.after(() => server.close())
    worker.sample()
    const looked = await look(t, `${server.address}/`, {}, '#worker-view')
    await looked.page.getByText('waiting for the store: <b>refused</b>').waitFor()
    assert.equal(await looked.page.locator('#state').innerText(), 'waiting')
    const row = await looked.page.locator('#worker-view tbody tr').innerText()
    assert.match(row, /3\s+56,789\s+1,234\s+2026-11-24 10:00:00\s+7 min\s+2026-11-24 10:07:00/)
    assert.equal(await looked.page.locator('#speeds button, #sessions-view:visible').count(), 0)
    reasons.pop()
    worker.sample()
    await looked.page.locator('#state', { hasText: 'at work' }).waitFor()
    assert.deepEqual(looked.complaints, [])
  })

  it('ends on a signal, and leaves nothing', async t => {
    const { url, child, said, temporary } = await startDemo(t, ['--history', '1'])
    const { page } = await look(t, url)
    await page.locator('#news button').first().waitFor()
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
    assert.match(
      said[1] ?? '',
      /^[\d,]+ records read in [\d.]+ s: [\d,]+ applied, \d+ duplicates?, \d+ dead letters$/,
    )
    assert.match(said.at(-1) ?? '', /^[\d,]+ sessions, \d+ merges; nothing is left of them$/)
    assert.deepEqual(readdirSync(temporary), [])
    await page.getByText('the server does not answer').waitFor()
  })
})

it('without the page the demo ends by itself, and says what came out', async () => {
  const { exitCode, stdout, stderr } = await sessionloom(['demo', '--no-page'])
  assert.deepEqual([exitCode, stderr], [0, ''])
  assert.match(
    stdout,
    /^50,000 records read in [\d.]+ s: [\d,]+ applied, \d+ duplicates, 0 dead letters\n\d,\d{3} sessions\n/,
  )
  assert.match(stdout, /sessions that absorbed another +\d+\n/)
})
