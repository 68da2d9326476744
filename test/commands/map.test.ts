import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sessionloom } from '../support/command.ts'
import { formatExamples } from '../support/format-examples.ts'

const directory = mkdtempSync(join(tmpdir(), 'map-test-'))
after(() => rmSync(directory, { recursive: true, force: true }))

function write(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

const fieldMap = write(
  'map.json',
  '{"eventId":"/id","tabId":["/tab","/visitor"],"type":"/what","timestamp":"/at"}',
)
const records = [
  '{"id":1,"tab":"t1","what":"page-view","at":"2026-11-24T12:00:00Z"}',
  '{"id":2,"visitor":"v1","what":"search","at":"2026-11-24T12:01:00Z"}',
]

describe('`map --try`', () => {
  it('shows what a field map makes of each line, and fails if one of them is no event', async () => {
    const sample = write('sample.ndjson', `${records.join('\n')}\n{"id":3}\n`)
    const { exitCode, stdout, stderr } = await sessionloom(['map', '--try', sample, '--field-map', fieldMap])
    const [first, second, third] = linesOf(stdout)
    assert.deepEqual(first, {
      line: 1,
      format: 'field-map',
      tabIdFrom: '/tab',
      time: '2026-11-24T12:00:00.000Z',
      event: { eventId: '1', tabId: 't1', type: 'page-view', timestamp: '2026-11-24T12:00:00Z' },
    })
    assert.equal(second.tabIdFrom, '/visitor')
    assert.deepEqual([third.line, third.reason], [3, 'invalid-event'])
    assert.equal(stderr, '3 lines, 2 events\n')
    assert.equal(exitCode, 1)
  })

  it('shows no field that an event does not have, so that a wrong name is seen', async () => {
    const least = { eventId: 'e', tabId: 't', type: 'x', timestamp: 1 }
    const [context, traits] = [{ page: { url: '/', title: 'A' } }, { any: { name: 1 } }]
    const wrong = { page: { ...context.page, referer: 'https://a.example/' }, userAgnet: 'Mozilla/5.0' }
    const input = `${JSON.stringify({ ...least, traits, time: 2, context: wrong })}\n`
    const { stdout, exitCode } = await sessionloom(['map', '--try', '-'], { input })
    assert.deepEqual(linesOf(stdout)[0].event, { ...least, traits, context })
    assert.equal(exitCode, 0)
  })

  it('shows what any other format makes of lines from standard input', async () => {
    const input = `${formatExamples.map(({ text }) => text).join('\n')}\n`
    const { stdout } = await sessionloom(['map', '--try', '-'], { input, env: { EVENT_FORMAT: 'auto' } })
    const shown = linesOf(stdout)
    assert.equal(shown.length, formatExamples.length)
    for (const [i, { becomes, headers }] of formatExamples.entries())
      if (headers === undefined && becomes.format !== 'cloudevents+native')
        assert.deepEqual([shown[i].format, shown[i].event], [becomes.format, becomes.event])
  })

  it('tells every fault of a field map at the start, and wants a file', async () => {
    const broken = write('broken.json', '{"eventId":"id","context":{"pge":"/x"}}')
    const { exitCode, stderr } = await sessionloom(['map', '--try', '-'], { env: { FIELD_MAP: broken } })
    assert.equal(exitCode, 2)
    for (const fault of [
      'eventId: expected a JSON Pointer',
      'context.pge: is no field',
      'tabId: is missing',
      'type: is',
    ])
      assert.ok(stderr.includes(`FIELD_MAP: ${fault}`), stderr)
    for (const [content, said] of [
      ['{', 'is no JSON \\(line 1 column 2\\)'],
      ['', 'is no JSON'],
      ['[]', 'expected an object of fields'],
    ] as const) {
      const other = await sessionloom(['map', '--try', '-', '--field-map', write('other.json', content)])
      assert.match(other.stderr, new RegExp(`^sessionloom: --field-map: ${said}\n`))
    }
    const both = await sessionloom(['map', '--try', '-', '--field-map', fieldMap], {
      env: { EVENT_FORMAT: 'auto' },
    })
    assert.match(both.stderr, /FIELD_MAP: not together with EVENT_FORMAT/)
    const missing = await sessionloom(['map', '--field-map', '/nowhere/map.json'])
    assert.match(missing.stderr, /--field-map: cannot be read: ENOENT/)
    assert.match((await sessionloom(['map'])).stderr, /--try: is missing/)
  })
})

describe('`replay` of another format', () => {
  it('gives sessions that say what they were read from', async () => {
    const [log, out] = [write('log.ndjson', `${records.join('\n')}\n`), join(directory, 'out.ndjson')]
    const { exitCode, stderr } = await sessionloom(['replay', log, '--out', out, '--field-map', fieldMap])
    assert.equal(exitCode, 0, stderr)
    const found = linesOf(readFileSync(out, 'utf8')).map(({ tabId, source }) => [
      tabId,
      source.format,
      source.tab_id_from,
    ])
    assert.deepEqual(found.sort(), [
      ['t1', 'field-map', '/tab'],
      ['v1', 'field-map', '/visitor'],
    ])
  })
})
