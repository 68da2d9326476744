// Facts about a node and what it holds of a prefix, for `doctor`. Reads alone.
import { type Client, errors } from '@elastic/elasticsearch'
import { asking } from './elasticsearch-asking.ts'
import { indexPattern } from './elasticsearch-index.ts'

export type NodeFacts = { readonly cluster: string; readonly versions: readonly string[] }

/** The cluster, and the versions of its nodes. Not from `/`, which a part of the distributions does not answer. */
export function inspectNodes(client: Client): Promise<NodeFacts> {
  return asking('its version is read', async () => {
    const { cluster_name: cluster, nodes = {} } = await client.nodes.info({
      filter_path: ['cluster_name', 'nodes.*.version'],
    })
    return { cluster, versions: [...new Set(Object.values(nodes).map(({ version }) => version))].sort() }
  })
}

/** How far each node's clock is ahead of this one, ms, as far as the answer's way allows to tell. */
export function inspectClocks(client: Client): Promise<{ name: string; aheadMs: number }[]> {
  return asking('the clocks of the nodes are read', async () => {
    const before = Date.now()
    const { nodes } = await client.nodes.stats({
      metric: 'fs',
      filter_path: ['nodes.*.name', 'nodes.*.timestamp'],
    })
    const after = Date.now()
    return Object.entries(nodes ?? {}).map(([id, { name = id, timestamp = before }]) => ({
      name,
      aheadMs: timestamp > after ? timestamp - after : Math.min(0, timestamp - before),
    }))
  })
}

export type IndexFacts = {
  readonly indices: readonly string[]
  /** Those that the alias does not show. */
  readonly withoutAlias: readonly string[]
  /** Those that take no writes, and why. */
  readonly blocked: readonly string[]
}

/** The indices of a prefix, whether the alias shows them, and whether they take writes. */
export function inspectIndices(client: Client, prefix: string): Promise<IndexFacts> {
  return asking('the indices are read', async () => {
    const found = await client.indices.get({ index: indexPattern(prefix), features: ['aliases', 'settings'] })
    const all = Object.entries(found)
    return {
      indices: all.map(([index]) => index),
      withoutAlias: all.filter(([, { aliases }]) => aliases?.[prefix] === undefined).map(([index]) => index),
      blocked: all.flatMap(([index, { settings }]) => {
        const blocks = Object.entries(settings?.index?.blocks ?? {}).filter(
          ([, value]) => String(value) === 'true',
        )
        return blocks.map(([block]) => `${index}: ${block}`)
      }),
    }
  })
}

/** Indices of the prefix by health; none that is green. */
export function inspectHealth(client: Client, prefix: string): Promise<{ red: string[]; yellow: string[] }> {
  return asking('the health of the indices is read', async () => {
    const { indices = {} } = await client.cluster.health({ index: indexPattern(prefix), level: 'indices' })
    const of = (wanted: string) =>
      Object.entries(indices).flatMap(([index, { status }]) =>
        status.toLowerCase() === wanted ? [index] : [],
      )
    return { red: of('red'), yellow: of('yellow') }
  })
}

/** What a worker needs. `setup` needs more, and runs as somebody else where rights are scarce. */
const workerPrivileges = {
  cluster: ['monitor'],
  index: ['index', 'read', 'maintenance', 'auto_configure', 'view_index_metadata'],
}

/** Privileges that these credentials lack; null where the node has no security. */
export function inspectPrivileges(client: Client, prefix: string): Promise<string[] | null> {
  return asking('the privileges are read', async () => {
    const { cluster, index: privileges } = workerPrivileges
    const names = [indexPattern(prefix)]
    try {
      const answer = await client.security.hasPrivileges({ cluster, index: [{ names, privileges }] })
      const rights = [answer.cluster, ...Object.values(answer.index ?? {})]
      return rights.flatMap(held => Object.entries(held).flatMap(([name, has]) => (has ? [] : [name])))
    } catch (error) {
      if (hasNoSecurity(error)) return null
      throw error
    }
  })
}

/** Without security its endpoints are not there, or say so. */
function hasNoSecurity(error: unknown): boolean {
  return error instanceof errors.ResponseError && [400, 404, 405, 410].includes(error.statusCode ?? 0)
}
