import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { decode } from '../../../src/core/decode.ts'

const root = join(import.meta.dirname, '../../..')
/** For a hang alone: what backtracks exponentially would take for ever. `npm run pentest:regex` measures. */
const hangMs = 120_000

describe('patterns over hostile texts', () => {
  it('come to an end, at the longest that is let in', async () => {
    const script = join(root, 'test/support/run-regex-attacks.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [script, '1'], { timeout: hangMs })
    assert.ok(JSON.parse(stdout.trim().split('\n').at(-1) as string).attacks > 200)
  })

  it('never repeat a repetition, from which exponential backtracking comes', () => {
    let patterns = 0
    for (const path of globSync('src/**/*.ts', { cwd: root })) {
      const text = readFileSync(join(root, path), 'utf8')
      for (const [literal, pattern = ''] of text.matchAll(
        /(?<=[\s(=,:!])\/((?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+)\/[gimuy]*/g,
      )) {
        patterns++
        for (const [group, inner = ''] of pattern.matchAll(
          /\((?:\?[:=!]|\?<?[=!])?([^()]*)\)(?:[*+]|\{\d*,\})/g,
        ))
          assert.ok(isSafelyRepeated(inner), `${path}: ${literal}: ${group}`)
      }
    }
    assert.ok(patterns > 40, `${patterns} patterns found`)
  })

  const limits: [string, number, (text: string) => object][] = [
    ['user agent', 8192, userAgent => ({ context: { userAgent } })],
    ['page', 8192, url => ({ context: { page: { url } } })],
    ['referrer', 8192, referrer => ({ context: { page: { referrer } } })],
    ['locale', 64, locale => ({ context: { locale } })],
    ['time zone', 64, timeZone => ({ context: { timeZone } })],
    ['address', 64, ip => ({ context: { ip } })],
    ['latitude', 32, latitude => ({ context: { geo: { latitude } } })],
    ['search text', 2048, query => ({ query })],
  ]
  for (const [field, limit, event] of limits)
    it(`see a ${field} of at most ${limit} characters`, () => {
      const outcome = (length: number) => {
        const raw = { eventId: 'e', tabId: 't', type: 'x', timestamp: 1, ...event('1'.repeat(length)) }
        return decode({ value: Buffer.from(JSON.stringify(raw)), timestamp: null }, Number.POSITIVE_INFINITY)
      }
      assert.equal(outcome(limit).kind, 'ok')
      assert.equal(outcome(limit + 1).kind, 'dead-letter')
    })
})

/** A repeated group is safe without a repetition in it, or if each round begins with what no round holds further on. */
function isSafelyRepeated(inner: string): boolean {
  return inner.split('|').every(branch => !/(?<!\\)[*+]|\{\d*,\}/.test(branch.replace(/\[[^\]]*\]/g, 'C')))
}
