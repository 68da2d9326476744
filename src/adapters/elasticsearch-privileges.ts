// What a role grants, compared with what the worker and `setup` need.
//
// Elasticsearch does not tell by itself. To a search over a pattern, an index that the role may not read does not
// exist, as long as the role may read any other: a worker would restore nothing, and begin every session anew.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, estypes } from '@elastic/elasticsearch'
import { WorkerError } from '../core/worker-error.ts'
import { asking } from './elasticsearch-asking.ts'
import { failureOf } from './elasticsearch-failure.ts'
import { indexPattern } from './elasticsearch-index.ts'

/** Each with what it is for: the README's table is made of it. */
export type Privileges = {
  readonly cluster: { readonly [P in estypes.SecurityClusterPrivilege]?: string }
  /** On the indices of the prefix. */
  readonly index: { readonly [P in estypes.SecurityIndexPrivilege]?: string }
}

/** Of `run`: each is needed, and no other. */
export const workerPrivileges: Privileges = {
  cluster: { monitor: 'the health of the node, and reading the index template' },
  index: {
    auto_configure: 'the index of a new month',
    index: 'writing documents',
    maintenance: 'refreshing before a search, so that it sees what was acknowledged',
    read: 'restoring and recalling sessions, following redirects',
    view_index_metadata: 'checking that the indices came from the template',
  },
}

/** Of `setup`: each is needed, and no other. */
export const setupPrivileges: Privileges = {
  cluster: {
    manage_ilm: 'the lifecycle policy, where the server has lifecycle management',
    manage_index_templates: 'installing the index template and its settings component',
    monitor: 'the health of the node, and reading all index templates',
  },
  index: {
    manage: 'giving the indices of an earlier release the fields and the lifecycle policy of this one',
  },
}

/**
 * At the start: a node that has just come up answers before it has its users. `patienceMs`: for how long trouble that
 * can heal is waited out. @throws WorkerError that says what is missing, or amiss
 */
export async function requirePrivileges(
  client: Client,
  prefix: string,
  needed: Privileges,
  patienceMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await asking('the privileges are read', () => checkPrivileges(client, prefix, needed))
    } catch (error) {
      const heals = error instanceof WorkerError && error.code === 'unreachable'
      if (!heals || performance.now() >= deadline) throw error
    }
    await sleep(500)
  }
}

/** Takes all where security is off. @throws WorkerError that names what is missing, and what a node's trouble throws */
export async function checkPrivileges(client: Client, prefix: string, needed: Privileges): Promise<void> {
  const missing = await missingPrivileges(client, prefix, needed)
  if (missing === null || missing.length === 0) return
  throw new WorkerError(
    'unauthorized',
    `Elasticsearch does not grant this user or API key ${missing.join(' and ')}. Add that to its role; README.md ` +
      'lists all privileges that are needed, under Rights.',
  )
}

/** Of what these credentials lack, one text for the indices and one for the cluster; null where security is off. */
export async function missingPrivileges(
  client: Client,
  prefix: string,
  needed: Privileges,
): Promise<string[] | null> {
  const pattern = indexPattern(prefix)
  const granted = await grantedOf(client, pattern, needed)
  if (granted === null) return null
  const cluster = namesOf(needed.cluster).filter(name => granted.cluster[name] !== true)
  const index = namesOf(needed.index).filter(name => granted.index[pattern]?.[name] !== true)
  return [
    ...(index.length > 0 ? [`${index.join(', ')} on ${pattern}`] : []),
    ...(cluster.length > 0 ? [`${cluster.join(', ')} on the cluster`] : []),
  ]
}

const namesOf = <N extends string>(reasons: { readonly [P in N]?: string }) => Object.keys(reasons) as N[]

/** Null where security is off: then nothing answers there. */
async function grantedOf(client: Client, pattern: string, { cluster, index }: Privileges) {
  try {
    return await client.security.hasPrivileges({
      cluster: namesOf(cluster),
      index: [{ names: [pattern], privileges: namesOf(index) }],
    })
  } catch (error) {
    const failure = failureOf(error)
    if (failure !== undefined && [400, 404, 405, 410].includes(failure.status ?? 0)) return null
    throw error
  }
}
