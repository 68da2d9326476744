import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../support/free-port.ts'

const main = join(import.meta.dirname, '../../src/main.ts')

// Ctrl-C while a command waited for Elasticsearch ended it with "unexpected: AbortError" and a stack trace.
test('a signal ends a command that waits, without a stack trace', async () => {
  const env = { ...process.env, ELASTICSEARCH_NODE: `http://127.0.0.1:${await freePort()}` }
  const child = spawn(process.execPath, [main, 'session', '--tab', 'a'], { env })
  let told = ''
  child.stderr.on('data', chunk => {
    if (!told.includes('waiting for Elasticsearch') && String(chunk).includes('waiting'))
      child.kill('SIGTERM')
    told += chunk
  })
  const [exitCode] = await once(child, 'close')
  assert.equal(exitCode, 143, told)
  assert.match(told, /sessionloom: ended by SIGTERM\n$/)
})
