// The package as a user gets it: packed, installed into an empty folder, and run. PACKAGE_NODES names other Nodes to run
// it on, by their paths, separated by commas.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'package-test-'))
const installed = join(folder, 'node_modules/sessionloom')
const command = join(folder, 'node_modules/.bin/sessionloom')
const others = (process.env.PACKAGE_NODES ?? '').split(',').filter(path => path !== '')

const event = (minute: number) =>
  JSON.stringify({ eventId: `e${minute}`, tabId: 't', type: 'page-view', timestamp: minute * 60_000 })

after(() => rmSync(folder, { recursive: true, force: true }))

describe('the package', () => {
  before(async () => {
    await run('npm', ['pack', '--pack-destination', folder], { cwd: root })
    const [file] = readdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    await run('npm', ['install', `./${file}`, '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder })
    writeFileSync(join(folder, 'events.ndjson'), [event(0), event(20), event(10)].join('\n'))
  })

  it('has what runs, its types and its notices, and nothing of the tests', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    const names = files.filter(name => !name.startsWith('node_modules'))
    assert.ok(names.includes('dist/main.js') && names.includes('dist/main.d.ts'))
    for (const name of ['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'SECURITY.md'])
      assert.ok(names.includes(name), name)
    assert.deepEqual(
      names.filter(name => /test|\.ts$/.test(name) && !name.endsWith('.d.ts')),
      [],
    )
  })

  for (const node of [process.execPath, ...others])
    it(`runs in an empty folder on ${node}`, async () => {
      const { stdout: help } = await run(node, [command, '--help'])
      assert.match(help, /Usage: sessionloom/)
      const { stdout, stderr } = await run(node, [command, 'replay', join(folder, 'events.ndjson')])
      assert.match(stderr, /3 records read in [\d.]+ s: 3 applied/)
      // Such as that SQLite is experimental, on Node 22.
      assert.doesNotMatch(stderr, /warning/i)
      const [session, ...more] = stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      assert.deepEqual([session.activity.events, session.metadata.time.duration, more.length], [3, 1200, 0])
    })

  it('has the page, and serves it', async () => {
    const child = spawn(process.execPath, [command, 'demo', '--history', '0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = await once(createInterface({ input: child.stdout }), 'line')
      const [url] = /http:\S+/.exec(line) ?? []
      for (const name of ['', 'main.js', 'page.css'])
        assert.equal((await fetch(`${url}${name}`)).status, 200, name)
    } finally {
      child.kill('SIGINT')
      const [code] = await once(child, 'exit')
      assert.equal(code, 0)
    }
  })

  it('tells an older Node in one sentence what it needs', async () => {
    const launcher = join(installed, 'bin/sessionloom.cjs')
    const script = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } }); require(${JSON.stringify(launcher)})`
    const failed = await run(process.execPath, ['-e', script]).catch(error => error)
    assert.equal(failed.code, 1)
    assert.match(
      failed.stderr,
      /^sessionloom needs Node 22\.13 or newer; this is v\S+ See https:\/\/nodejs\.org\.\n$/,
    )
  })

  it('takes the Nodes that package.json names', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.equal(engines.node, '>=22.13')
  })
})
