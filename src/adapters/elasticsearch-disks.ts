// How full the disks of the nodes are, against the watermarks beyond which they take no more.
import type { Client } from '@elastic/elasticsearch'
import { asking } from './elasticsearch-asking.ts'

export type DiskFacts = {
  readonly node: string
  readonly freeBytes: number
  /** Below so many free bytes the node takes no new shards. */
  readonly highBytes: number
  /** Below so many its indices become read-only. */
  readonly floodBytes: number
}

type Watermarks = Readonly<Record<string, unknown>>

/** The disks of all nodes; null where the watermarks are switched off. */
export function inspectDisks(client: Client): Promise<DiskFacts[] | null> {
  return asking('the disks are read', async () => {
    const disk = await diskSettings(client)
    if (String(disk.threshold_enabled ?? 'true') === 'false') return null
    const watermarks = (disk.watermark ?? {}) as Watermarks
    const { nodes } = await client.nodes.stats({
      metric: 'fs',
      filter_path: ['nodes.*.name', 'nodes.*.fs.total'],
    })
    return Object.entries(nodes ?? {}).flatMap(([id, { name = id, fs }]) => {
      const { available_in_bytes: freeBytes, total_in_bytes: total } = fs?.total ?? {}
      if (freeBytes === undefined || total === undefined) return []
      const limit = (stage: string, fallback: string) =>
        freeLimit(
          total,
          String(watermarks[stage] ?? fallback),
          String(watermarks[`${stage}.max_headroom`] ?? '-1'),
        )
      return [
        { node: name, freeBytes, highBytes: limit('high', '90%'), floodBytes: limit('flood_stage', '95%') },
      ]
    })
  })
}

type Nested = { cluster?: { routing?: { allocation?: { disk?: Record<string, unknown> } } } }

/** Later sources win, as in the node. */
async function diskSettings(client: Client): Promise<Readonly<Record<string, unknown>>> {
  const path = 'cluster.routing.allocation.disk'
  const { defaults, persistent, transient } = await client.cluster.getSettings({
    include_defaults: true,
    filter_path: ['defaults', 'persistent', 'transient'].map(source => `${source}.${path}`),
  })
  const merged: Record<string, unknown> = {}
  for (const source of [defaults, persistent, transient]) {
    const { disk = {} } = (source as Nested | undefined)?.cluster?.routing?.allocation ?? {}
    for (const [name, value] of Object.entries(disk))
      merged[name] = typeof value === 'object' ? { ...(merged[name] as object), ...(value as object) } : value
  }
  return merged
}

/** Free bytes of a watermark: a share of the disk that may be used, with a limit, or bytes that must be free. */
export function freeLimit(totalBytes: number, watermark: string, headroom: string): number {
  const share = /^([\d.]+)%$/.exec(watermark)
  const used = share
    ? Number(share[1]) / 100
    : /^0?\.\d+$|^1(\.0+)?$/.test(watermark)
      ? Number(watermark)
      : null
  if (used === null) return bytesOf(watermark)
  const free = Math.round(totalBytes * (1 - used))
  return headroom === '-1' ? free : Math.min(free, bytesOf(headroom))
}

/** `100gb`, `512mb`, `12345b`. */
function bytesOf(text: string): number {
  const match = /^([\d.]+)\s*([kmgtp]?)b?$/i.exec(text.trim())
  if (match === null) return 0
  return Number(match[1]) * 1024 ** ' kmgtp'.indexOf((match[2] || ' ').toLowerCase())
}
