import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { Turns } from '../../../src/adapters/elasticsearch-turns.ts'

test('so many at a time are let through, in the order in which they came', async () => {
  const turns = new Turns(2)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const come = (name: string) =>
    void turns.take().then(end => {
      begun.push(name)
      ends.set(name, end)
    })
  for (const name of ['a', 'b', 'c', 'd']) come(name)
  await soon()
  assert.deepEqual(begun, ['a', 'b'])
  ends.get('b')?.()
  await soon()
  assert.deepEqual(begun, ['a', 'b', 'c'])
  ends.get('a')?.()
  ends.get('c')?.()
  await soon()
  assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
  ends.get('d')?.()
  for (const name of ['e', 'f', 'g']) come(name)
  await soon()
  assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e', 'f'])
})
