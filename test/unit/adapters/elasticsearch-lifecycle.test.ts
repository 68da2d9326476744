import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { elasticsearchClient } from '../../../src/adapters/elasticsearch-client.ts'
import {
  deletedAfterDays,
  installLifecycle,
  readPolicy,
} from '../../../src/adapters/elasticsearch-lifecycle.ts'
import { type Decide, startFaultServer } from '../../support/fault-server.ts'

const dayMs = 86_400_000
const forever = Number.POSITIVE_INFINITY

/** What a server with lifecycle management answers; no node that tests can have here has any. */
async function serverWith(
  t: TestContext,
  state: { policy?: object | undefined; indices?: Record<string, object> },
) {
  const decide: Decide = ({ method, path, body }) => {
    if (path.startsWith('/_ilm/policy/')) {
      assert.equal(decodeURIComponent(path), '/_ilm/policy/sessions@lifecycle')
      if (method === 'PUT') {
        state.policy = JSON.parse(body).policy
        return { kind: 'answer', body: { acknowledged: true } }
      }
      if (state.policy === undefined)
        return { kind: 'answer', status: 404, body: { error: { type: 'resource_not_found_exception' } } }
      return { kind: 'answer', body: { 'sessions@lifecycle': { version: 1, policy: state.policy } } }
    }
    const index = path.slice(1).split('/')[0] as string
    if (method === 'PUT') {
      state.indices![index] = JSON.parse(body)
      return { kind: 'answer', body: { acknowledged: true } }
    }
    const found = Object.entries(state.indices ?? {}).map(([name, settings]) => [name, { settings }])
    return { kind: 'answer', body: Object.fromEntries(found) }
  }
  const server = await startFaultServer(decide)
  const client = elasticsearchClient({ node: server.address })
  t.after(async () => {
    await client.close()
    await server.close()
  })
  const install = async (retentionMs: number) =>
    installLifecycle(client, 'sessions', await readPolicy(client, 'sessions'), retentionMs)
  return { client, server, install }
}

describe('the lifecycle policy', () => {
  it('deletes nothing unless it is told to, and never makes an index read-only', async t => {
    const state: { policy?: { phases: Record<string, { actions: object }> } } = {}
    const { install } = await serverWith(t, state)
    assert.deepEqual(await install(forever), { policy: 'created', adopted: [] })
    assert.deepEqual(state.policy?.phases, { hot: { min_age: '0ms', actions: {} } })
    await install(90 * dayMs)
    // Force-merging, shrinking and freezing all block writes.
    const actions = Object.values(state.policy!.phases).flatMap(({ actions }) => Object.keys(actions))
    assert.deepEqual(actions, ['delete'])
  })

  it('keeps a month until its last session is as old as it is told', async t => {
    // An index ages from the first of its month.
    assert.equal(deletedAfterDays(90 * dayMs), 121)
    assert.equal(deletedAfterDays(1.5 * dayMs), 33)
    assert.equal(deletedAfterDays(forever), null)
    const state: { policy?: { phases: { delete?: { min_age: string } } } } = {}
    const { install } = await serverWith(t, state)
    await install(90 * dayMs)
    assert.equal(state.policy?.phases.delete?.min_age, '121d')
  })

  it('is written again only when the retention changes, so that phases of the user stay', async t => {
    const state: { policy?: { phases: object } } = {}
    const { install, server } = await serverWith(t, state)
    await install(90 * dayMs)
    state.policy = { ...state.policy, phases: { ...state.policy?.phases, cold: {} } }
    assert.equal((await install(90 * dayMs)).policy, 'unchanged')
    assert.equal(server.requests.filter(({ method }) => method === 'PUT').length, 1)
    assert.equal((await install(forever)).policy, 'updated')
    assert.deepEqual(Object.keys(state.policy?.phases ?? {}), ['hot'])
  })

  it('comes to indices that have none, by the month in their name; others keep their own', async t => {
    const own = { index: { lifecycle: { name: 'mine' } } }
    const indices = { 'sessions-2026.10.01': { index: {} }, 'sessions-2026.11.01': own }
    const { install } = await serverWith(t, { indices })
    assert.deepEqual((await install(forever)).adopted, ['sessions-2026.10.01'])
    assert.deepEqual(indices, {
      'sessions-2026.10.01': {
        index: { lifecycle: { name: 'sessions@lifecycle', parse_origination_date: 'true' } },
      },
      'sessions-2026.11.01': own,
    })
    assert.deepEqual((await install(forever)).adopted, [])
  })

  it('of somebody else is refused by name', async t => {
    const { client } = await serverWith(t, { policy: { phases: {} } })
    await assert.rejects(readPolicy(client, 'sessions'), {
      code: 'template-mismatch',
      message: /sessions@lifecycle exists and is not ours/,
    })
  })

  it('is done without where the server has no lifecycle management, and only there', async t => {
    const answers = [
      [400, 'no handler found for uri [/_ilm/policy/sessions@lifecycle] and method [GET]'],
      [410, { type: 'api_not_available_exception' }],
      [403, { type: 'security_exception' }],
      [500, { type: 'something_else' }],
    ] as const
    const server = await startFaultServer((_, count) => {
      const [status, error] = answers[count] as (typeof answers)[number]
      return { kind: 'answer', status, body: { error } }
    })
    const client = elasticsearchClient({ node: server.address })
    t.after(async () => {
      await client.close()
      await server.close()
    })
    assert.equal(await readPolicy(client, 'sessions'), 'absent')
    assert.equal(await readPolicy(client, 'sessions'), 'absent')
    await assert.rejects(readPolicy(client, 'sessions'), { name: 'ResponseError' })
    await assert.rejects(readPolicy(client, 'sessions'), { name: 'ResponseError' })
    const installed = await installLifecycle(client, 'sessions', 'absent', dayMs)
    assert.deepEqual(installed, { policy: 'absent', adopted: [] })
  })
})
