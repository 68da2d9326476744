import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { requirePrivileges, workerPrivileges } from '../../src/adapters/elasticsearch-privileges.ts'

test('a connection that is cut while privileges are read ends with what to do, not with a stack trace', async t => {
  const server = createServer(request => request.socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const client = elasticsearchClient({ node: `http://127.0.0.1:${port}` })
  t.after(() => client.close())
  await assert.rejects(requirePrivileges(client, 'sessions', workerPrivileges, 0), {
    name: 'WorkerError',
    code: 'unreachable',
    message: /did not answer while the privileges are read: .*Try again when it is up/,
  })
})
