// Every fault of the command line and of the settings is told at once, and nothing is asked or written before.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sessionloom } from '../support/command.ts'

/** Of each fault, what it is about; behind them is where help is. */
async function faultsOf(line: string, env: Record<string, string> = {}): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await sessionloom(line.split(' '), { env })
  assert.deepEqual([exitCode, stdout], [2, ''], stderr)
  const lines = stderr
    .trimEnd()
    .replace(/^sessionloom: /, '')
    .split('\n')
  assert.match(lines.pop() ?? '', /^See `sessionloom [a-z-]+ --help`\.$/)
  return lines.map(fault => fault.slice(0, fault.indexOf(': ')))
}

describe('an unknown option, a wrong option and a wrong setting are told together', {
  concurrency: 2,
}, () => {
  for (const [line, ...expected] of [
    ['replay a --nonsense --store mysql:x --session-gap soon', '--nonsense', '--store', '--session-gap'],
    [
      'generate --nonsense --count 0 --seed x --kafka-tls maybe',
      '--nonsense',
      '--count',
      '--seed',
      '--kafka-tls',
    ],
    ['demo --nonsense --rate x --time-zone Mars', '--nonsense', '--rate', '--time-zone'],
    ['demo --no-page --events x --keep y', '--events', '--keep'],
    ['rekey --nonsense --from a*b --kafka-tls maybe', '--nonsense', '--from', '--to', '--kafka-tls'],
    ['map --nonsense --event-format x', '--nonsense', '--try', '--event-format'],
    ['session --nonsense --index-prefix A', '--nonsense', '--tab', '--index-prefix'],
    [
      'dead-letters lost --nonsense --limit x --kafka-tls maybe',
      '--nonsense',
      'ACTION',
      '--limit',
      '--kafka-tls',
    ],
    ['dead-letters --kafka-tls maybe', 'ACTION', '--kafka-tls'],
  ] as const)
    test(line, async () => {
      assert.deepEqual(await faultsOf(line), expected)
    })

  test('of variables that exclude one another, too', async () => {
    const env = { SESSION_RETENTION: '3d', ELASTICSEARCH_CA_FINGERPRINT: 'a'.repeat(64) }
    const expected = ['--nonsense', 'ELASTICSEARCH_CA_FINGERPRINT', 'SESSION_RETENTION']
    assert.deepEqual(await faultsOf('setup --nonsense', env), expected)
  })
})

test('the value behind an unknown option is no fault of its own', async () => {
  assert.deepEqual(await faultsOf('replay a b --nonsense 3 c'), ['--nonsense', 'b', 'c'])
})

test('an option that ends the line without its value hides no other fault', async () => {
  assert.deepEqual(await faultsOf('session --index-prefix A --tab'), ['--tab', '--index-prefix'])
  assert.deepEqual(await faultsOf('replay a --store mysql:x --session-gap'), ['--session-gap', '--store'])
})
