import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadQuietly } from '../../../src/adapters/sqlite-module.ts'

const experimental = 'SQLite is an experimental feature and might change at any time'

/** What is told of these warnings while something is loaded, and of the first of them once it is. */
function toldOf(warnings: readonly (readonly [warning: string | Error, kind?: string])[]) {
  const told: string[] = []
  const process = { emitWarning: (warning: string | Error) => void told.push(String(warning)) }
  const loaded = loadQuietly(
    'SQLite',
    () => {
      for (const [warning, kind] of warnings) process.emitWarning(...([warning, kind] as unknown as [string]))
      return 'loaded'
    },
    process,
  )
  assert.equal(loaded, 'loaded')
  process.emitWarning(warnings[0]?.[0] ?? '')
  return told
}

test('that SQLite is experimental is not told while it is loaded, and all else is', () => {
  assert.deepEqual(
    toldOf([
      [experimental, 'ExperimentalWarning'],
      [experimental, 'DeprecationWarning'],
      ['WASI is an experimental feature', 'ExperimentalWarning'],
      [new Error('SQLite is broken')],
    ]),
    [experimental, 'WASI is an experimental feature', 'Error: SQLite is broken', experimental],
  )
})

test('a module that cannot be loaded takes no warnings with it', () => {
  const told: unknown[] = []
  const process = { emitWarning: (warning: unknown) => void told.push(warning) }
  const load = () => {
    throw new Error('missing')
  }
  assert.throws(() => loadQuietly('SQLite', load, process), /missing/)
  ;(process.emitWarning as (warning: string, kind: string) => void)(experimental, 'ExperimentalWarning')
  assert.deepEqual(told, [experimental])
})
