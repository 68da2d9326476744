// The checks of Elasticsearch: the node, the rights there, the template and the indices of the prefix.
import { asking } from '../adapters/elasticsearch-asking.ts'
import { type ElasticsearchClient as Client, nodeName } from '../adapters/elasticsearch-client.ts'
import { inspectDisks } from '../adapters/elasticsearch-disks.ts'
import {
  inspectClocks,
  inspectHealth,
  inspectIndices,
  inspectNodes,
} from '../adapters/elasticsearch-inspection.ts'
import { missingPrivileges, workerPrivileges } from '../adapters/elasticsearch-privileges.ts'
import { checkTemplate, recordedMeta } from '../adapters/elasticsearch-template.ts'
import type { TemplateIdentity } from '../adapters/elasticsearch-template-meta.ts'
import { broken, type Check, doubtful, type Finding, well } from './doctor-checks.ts'

export type StoreNames = {
  readonly node: string
  readonly prefix: string
  readonly identity: Omit<TemplateIdentity, 'partitions'>
  /** Of the topic; rejects where Kafka cannot tell. */
  readonly partitions: () => Promise<number>
}

/** Those that this client's requests are made for. */
const supportedMajors = [8, 9]

export function elasticsearchChecks(client: Client, names: StoreNames): Check[] {
  const { node, prefix } = names
  const check = (name: string, run: () => Promise<Finding>): Check => ({
    name,
    needs: ['elasticsearch'],
    run,
  })
  return [
    { name: 'elasticsearch', run: () => findNode(client, node) },
    check('privileges', () => findPrivileges(client, prefix)),
    check('template', () => findTemplate(client, names)),
    check('alias', () => findAlias(client, prefix)),
    check('indices', () => findHealth(client, prefix)),
    check('disks', () => findDisks(client)),
    check('clock', () => findClock(client)),
  ]
}

/** Kafka's trouble is not the template's: then all but the partition count is compared. */
async function findTemplate(client: Client, { prefix, identity, partitions }: StoreNames): Promise<Finding> {
  const known = await partitions().catch(() => null)
  const recorded = known === null ? await recordedMeta(client, prefix) : null
  const compared = known ?? recorded?.epochs[identity.epoch]?.partitions ?? 0
  await checkTemplate(client, prefix, { ...identity, partitions: compared })
  const limits = known === null ? ', but for the partition count, which Kafka does not tell' : ''
  return well(`index template ${prefix} is of this release, and of these settings${limits}`)
}

async function findNode(client: Client, node: string): Promise<Finding> {
  const { versions, cluster } = await inspectNodes(client)
  const found = `${nodeName(node)}: cluster ${cluster}, version ${versions.join(' and ')}`
  if (versions.every(version => supportedMajors.includes(Number.parseInt(version, 10)))) return well(found)
  return broken(`${found}; this release supports ${supportedMajors.join(' and ')}. Use one of these.`)
}

async function findPrivileges(client: Client, prefix: string): Promise<Finding> {
  const missing = await asking('the privileges are read', () =>
    missingPrivileges(client, prefix, workerPrivileges),
  )
  if (missing === null) return well('security is off: everybody may do everything')
  if (missing.length === 0) return well(`all that a worker needs on ${prefix}-*`)
  return broken(`missing: ${missing.join(' and ')}. Grant that to this user or API key.`)
}

async function findAlias(client: Client, prefix: string): Promise<Finding> {
  const { indices, withoutAlias, blocked } = await inspectIndices(client, prefix)
  if (blocked.length > 0)
    return broken(
      `indices take no writes: ${blocked.join('; ')}. Make room on the disks if they are full, then remove the blocks.`,
    )
  if (withoutAlias.length > 0)
    return broken(
      `alias ${prefix} does not show ${withoutAlias.join(', ')}: whoever queries it misses their sessions. Add the alias with ` +
        'the filter that it has in the index template.',
    )
  if (indices.length === 0) return well(`no index yet; the first sessions make one, and alias ${prefix}`)
  return well(`alias ${prefix} shows all of ${indices.length} indices`)
}

async function findHealth(client: Client, prefix: string): Promise<Finding> {
  const { red, yellow } = await inspectHealth(client, prefix)
  if (red.length > 0)
    return broken(
      `shards of ${red.join(', ')} are missing: workers wait. Start the nodes that hold them, or restore them.`,
    )
  if (yellow.length > 0)
    return doubtful(
      `replicas are missing: ${yellow.join(', ')}. Add a node, or set number_of_replicas=0 on a single one.`,
    )
  return well('none is short of a shard')
}

const gigabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2 / 102.4) / 10} GB`

async function findDisks(client: Client): Promise<Finding> {
  const disks = await inspectDisks(client)
  if (disks === null) return well('disk watermarks are switched off')
  const tell = (which: typeof disks) =>
    which.map(disk => `${disk.node}: ${gigabytes(disk.freeBytes)} free`).join(', ')
  const flooded = disks.filter(({ freeBytes, floodBytes }) => freeBytes < floodBytes)
  if (flooded.length > 0)
    return broken(
      `beyond the flood stage, indices become read-only: ${tell(flooded)}. Free space, or add nodes.`,
    )
  const high = disks.filter(({ freeBytes, highBytes }) => freeBytes < highBytes)
  if (high.length > 0)
    return doubtful(`beyond the high watermark, soon read-only: ${tell(high)}. Free space, or add nodes.`)
  return well(tell(disks))
}

const toleratedMs = 5_000

/** Received is limited by the clock of Kafka's producers and brokers; documents carry that of the worker. */
async function findClock(client: Client): Promise<Finding> {
  const clocks = await inspectClocks(client)
  const most = clocks.reduce((most, { aheadMs }) => Math.max(most, Math.abs(aheadMs)), 0)
  const seconds = Math.round(most / 100) / 10
  if (most <= toleratedMs) return well(`within ${seconds} s of the clocks of Elasticsearch`)
  const off = clocks.filter(({ aheadMs }) => Math.abs(aheadMs) > toleratedMs).map(({ name }) => name)
  return doubtful(
    `${seconds} s apart from the clock of ${off.join(', ')}: when a document was written, and how fresh, is told wrongly. ` +
      'Synchronise the clocks (NTP) here and there.',
  )
}
