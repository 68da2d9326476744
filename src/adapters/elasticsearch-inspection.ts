// Facts about a node and what it holds of a prefix, for `doctor`. Reads alone.
import type { Client } from '@elastic/elasticsearch'
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
