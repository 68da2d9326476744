import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { sessionloom } from '../support/command.ts'

async function helpOf(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await sessionloom(words)
  assert.deepEqual([exitCode, stderr], [0, ''])
  return stdout
}

const general = await helpOf('--help')
const commands = [...general.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name as string)

test('help tells which commands need no service, and where to begin', async () => {
  const [first] = commands
  assert.deepEqual([commands.length, first], [14, 'demo'])
  assert.match(
    general,
    /\nWithout any service:\n {2}demo .+\nWhat is stored:\n.+Begin with: sessionloom demo\n$/s,
  )
  assert.equal(await helpOf(), general)
  assert.equal(await helpOf('help'), general)
  assert.equal(await helpOf('help', 'erase'), await helpOf('erase', '--help'))
})

test('help tells options from settings, what a setting may be, what must stand there, and secrets without a flag', async () => {
  const run = (await helpOf('run', '--help')).replace(/\s+/g, ' ')
  assert.match(run, /ON_DATA_LOSS; one of stop, continue; default: stop\)/)
  assert.match(run, /Secrets have no flag.* KAFKA_PASSWORD ELASTICSEARCH_API_KEY /)
  const replay = await helpOf('replay', '--help')
  assert.match(replay, /^Usage: sessionloom replay \[options\] <FILE>\n/)
  assert.match(replay, /\nOptions:\n {2}--out .+\nSettings \(.+\):\n {2}--event-format /s)
  assert.doesNotMatch(replay, /Secrets/)
})

describe('help fits a terminal of 80 columns', { concurrency: 2 }, () => {
  for (const words of [[], ...commands.map(command => [command])])
    test(`sessionloom ${words}`.trim(), async () => {
      const wide = (await helpOf(...words, '--help')).split('\n').filter(line => line.length > 80)
      assert.deepEqual(wide, [])
    })
})

test('a reader that has gone away is no fault', async () => {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main, 'demo', '--no-page'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  assert.deepEqual([said, exitCode], ['', 0])
})
