import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

const reaper = join(import.meta.dirname, '../../support/reaper.ts')
const script = `
  import { spawn } from 'node:child_process'
  const { ProcessReaper } = await import(${JSON.stringify(reaper)})
  const reaper = new ProcessReaper()
  const ended = spawn('true')
  const child = spawn('sleep', ['1000'])
  for (const one of [ended, child]) reaper.guard(one)
  ended.once('exit', () => console.log(child.pid))
  setInterval(() => {}, 1000)`

// A chaos run that was killed left its workers behind.
test('what a process guards does not outlive it, even when it is killed', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script])
  const [pid] = await once(parent.stdout, 'data')
  parent.kill('SIGKILL')
  const isAlive = () => {
    try {
      return process.kill(Number(pid), 0)
    } catch {
      return false
    }
  }
  assert.ok(Number(pid) > 0)
  for (let i = 0; i < 100 && isAlive(); i++) await sleep(50)
  assert.equal(isAlive(), false)
})
