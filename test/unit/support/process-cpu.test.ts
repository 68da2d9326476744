import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { groupCpuSeconds, machineCpu } from '../../support/process-cpu.ts'

const skip = existsSync('/proc/self/stat') ? false : 'this system has no /proc'
/** Half a second of work, nearly all of it outside the system's own time. */
const work = 'for (let i = 0; process.cpuUsage().user < 500_000; ) for (const end = i + 1e6; i < end; ) i++'
const busy = `${work}; console.log('done'); process.stdin.resume()`
/** A launcher that works, too. Its name is made to look like the end of a name in /proc. */
const launcher = `${work}; process.title = 'a) S 1'
require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(busy)}], { stdio: 'inherit' })`

test('the CPU time of a process group is that of the launcher and of what it launched', {
  skip,
}, async () => {
  const child = spawn(process.execPath, ['-e', launcher], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const pid = child.pid as number
  try {
    await once(child.stdout, 'data')
    const used = (await groupCpuSeconds(pid)) as number
    assert(used >= 1 && used < 60, `${used} s`)
    const { busySeconds } = (await machineCpu()) as { busySeconds: number }
    assert(busySeconds > used)
  } finally {
    process.kill(-pid, 'SIGKILL')
  }
})

test('a process group that is not there has no CPU time', { skip }, async () => {
  assert.equal(await groupCpuSeconds(2 ** 22 + 1), null)
})
