import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openLookups } from '../../src/lookups.ts'
import { sessionloom } from '../support/command.ts'
import { defaultOracleOptions, differences, oracle } from '../support/oracle.ts'
import { seededRandom } from '../support/seeded-random.ts'

const directory = mkdtempSync(join(tmpdir(), 'replay-test-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const options = { ...defaultOracleOptions, lookups: openLookups() }
const logs = [
  { path: 'test/data/access-log.events.ndjson', sessions: 3223 },
  { path: 'test/data/access-log-2.events.ndjson', sessions: 796 },
].map(log => ({ ...log, lines: readFileSync(log.path, 'utf8').trimEnd().split('\n') }))

const file = (name: string) => join(directory, name)
const written = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

function write(name: string, lines: readonly string[]): string {
  writeFileSync(file(name), `${lines.join('\n')}\n`)
  return file(name)
}

async function replayed(words: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await sessionloom(['replay', ...words])
  assert.equal(exitCode, 0, stderr)
  return stderr
}

for (const { path, lines, sessions } of logs) {
  const expected = oracle(
    lines.map(value => ({ value, timestamp: null })),
    options,
  )
  const random = seededRandom(7)

  test(`${path} gives the ${sessions} sessions of the oracle, field by field`, async () => {
    const out = file(`plain-${sessions}.ndjson`)
    await replayed([path, '--out', out])
    assert.equal(expected.size, sessions)
    assert.deepEqual(differences(expected, written(out)).slice(0, 5), [])
  })

  test(`${path} shuffled gives the same`, async () => {
    const out = file(`shuffled-${sessions}.ndjson`)
    await replayed([write('shuffled', random.shuffle(lines)), '--out', out])
    assert.deepEqual(differences(expected, written(out)).slice(0, 5), [])
  })

  test(`${path} with every line twice, shuffled, gives the same`, async () => {
    const out = file(`twice-${sessions}.ndjson`)
    const summary = await replayed([write('twice', random.shuffle([...lines, ...lines])), '--out', out])
    assert.deepEqual(differences(expected, written(out)).slice(0, 5), [])
    assert.match(summary, new RegExp(`${lines.length.toLocaleString('en-US')} duplicates`))
  })

  test(`${path} split anywhere into two runs on one store gives the same, and a repeated run changes nothing`, async () => {
    const cut = 1 + random.below(lines.length - 1)
    const store = `sqlite:${file(`split-${sessions}.sqlite`)}`
    const [first, second] = [write('first', lines.slice(0, cut)), write('second', lines.slice(cut))]
    const out = file(`split-${sessions}.ndjson`)
    await replayed([first, '--store', store])
    await replayed([second, '--store', store, '--out', out])
    assert.deepEqual(differences(expected, written(out)).slice(0, 5), [], `cut after line ${cut}`)
    const before = readFileSync(out, 'utf8')
    assert.match(await replayed([first, '--store', store, '--out', out]), /replayed into this store before/)
    assert.equal(readFileSync(out, 'utf8'), before)
  })
}

test('standard input goes to standard output', async () => {
  const lines = (logs[1] as (typeof logs)[number]).lines.slice(0, 50)
  const { exitCode, stdout } = await sessionloom(['replay', '-'], { input: `${lines.join('\n')}\n` })
  assert.equal(exitCode, 0)
  const expected = oracle(
    lines.map(value => ({ value, timestamp: null })),
    options,
  )
  assert.deepEqual(
    differences(
      expected,
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
    ),
    [],
  )
})

test('a line that is no event is kept as a dead letter, and the others are sessions', async () => {
  const [line] = (logs[1] as (typeof logs)[number]).lines
  const input = Buffer.concat([Buffer.from(`${line}\n\nnot json\n`), Buffer.from([0x7b, 0xff, 0x7d, 0x0a])])
  const letters = file('letters.ndjson')
  const { exitCode, stdout, stderr } = await sessionloom(['replay', '-', '--dead-letters', letters], {
    input,
  })
  assert.equal(exitCode, 0)
  assert.equal(stdout.trimEnd().split('\n').length, 1)
  assert.match(stderr, /^3 records read in [\d.]+ s: 1 applied, 0 duplicates, 2 dead letters\n/)
  assert.deepEqual(
    written(letters).map(({ reason, offset, value, value_base64 }) => [
      reason,
      offset,
      value ?? value_base64,
    ]),
    [
      ['invalid-json', 2, 'not json'],
      ['invalid-utf8', 3, 'e/99'],
    ],
  )
})

test('the summary says what was read, what became of it, and where the sessions and the dead letters are', async () => {
  const log = write('summary', [...(logs[1] as (typeof logs)[number]).lines.slice(0, 20), 'no event'])
  const [store, out, letters] = [file('summary.sqlite'), file('summary.out'), file('summary.letters')]
  const said = async (words: readonly string[]) =>
    (await replayed([log, ...words])).replace(/[\d.]+ s:/, '… s:')
  const head = '21 records read in … s: 20 applied, 0 duplicates, 1 dead letter\n'
  const line = '  1 × invalid-json, for example line 21: the value is not valid JSON\n'
  assert.equal(
    await said([]),
    `${head}${line}the dead letters are kept nowhere: \`--store null --dead-letters FILE\` reads the input again, and ` +
      'keeps them alone\n7 sessions written to standard output\n',
  )
  assert.equal(
    await said(['--store', `sqlite:${store}`, '--dead-letters', letters, '--out', out]),
    `${head}${line}the dead letters are in ${letters}, each with its reason\n7 sessions in ${store} and ${out}\n`,
  )
  assert.equal(
    await said(['--store', `sqlite:${store}`]),
    `${log} was replayed into this store before (21 records): nothing to do\n7 sessions in ${store}\n`,
  )
  assert.match(await said(['--store', 'null']), /\nthe sessions were dropped \(--store null\)\n$/)
})

test('wrong usage and wrong settings are told all at once, with exit code 2 and no stack trace', async () => {
  const { exitCode, stdout, stderr } = await sessionloom(
    [
      'replay',
      '--store',
      'mysql:x',
      '--session-gap',
      'soon',
      '--nonsense',
      '--time-zone',
      'Mars/Base',
      'a',
      'b',
    ],
    { env: { MAX_LATENESS: 'hunter2' } },
  )
  assert.equal(exitCode, 2)
  assert.equal(stdout, '')
  for (const word of ['--nonsense', '--session-gap', '--time-zone', 'MAX_LATENESS', 'b: one word too many'])
    assert.ok(stderr.includes(word), `${word} in:\n${stderr}`)
  assert.doesNotMatch(stderr, /hunter2|soon|Mars| at .*\.ts/)
})

test('a missing file, an unknown command and a store of another gap are one clear line each', async () => {
  const missing = await sessionloom(['replay', file('nowhere')])
  assert.deepEqual([missing.exitCode, missing.stderr.split('\n').length], [1, 2], missing.stderr)
  assert.match(missing.stderr, /nowhere: cannot be read/)
  const unknown = await sessionloom(['rerun'])
  assert.equal(unknown.exitCode, 2)
  assert.match(unknown.stderr, /unknown command 'rerun'/)
  const store = `sqlite:${file('gap.sqlite')}`
  await replayed([write('one', (logs[1] as (typeof logs)[number]).lines.slice(0, 1)), '--store', store])
  const other = await sessionloom(['replay', file('one'), '--store', store, '--session-gap', '30m'])
  assert.equal(other.exitCode, 1)
  assert.match(other.stderr, /gap of 600000 ms/)
})

test('--version gives the release', async () => {
  const { exitCode, stdout } = await sessionloom(['--version'])
  assert.equal(exitCode, 0)
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
})
