// The lifecycle policy of a prefix. Elasticsearch deletes whole indices, so a month of sessions goes at once; nothing
// here merges segments by force or sets an index read-only, since a late event may reach any index that is kept.
import type { Client } from '@elastic/elasticsearch'
import { WorkerError } from '../core/worker-error.ts'
import { failureOf } from './elasticsearch-failure.ts'
import { indexPattern } from './elasticsearch-index.ts'
import { lifecycleSettings } from './elasticsearch-mapping.ts'

export type InstalledLifecycle = {
  /** Absent: this server has no lifecycle management. */
  readonly policy: 'created' | 'updated' | 'unchanged' | 'absent'
  /** Indices that were made before there was a policy, and have it now. */
  readonly adopted: readonly string[]
}

/** What the policy remembers: it is written anew only when this changes, so that phases which users add stay. */
type PolicyMeta = { readonly managed_by: string; readonly delete_after_days: number | null }

const managedBy = 'sessionloom'
const dayMs = 86_400_000
/** An index ages from the first day of its month, its last session begins up to so much later. */
const monthDays = 31

export const policyName = (prefix: string): string => `${prefix}@lifecycle`

/** Days after the first of its month at which an index is deleted; null for never. */
export function deletedAfterDays(retentionMs: number): number | null {
  return retentionMs === Number.POSITIVE_INFINITY ? null : Math.ceil(retentionMs / dayMs) + monthDays
}

/** @throws WorkerError when the policy of that name is not ours */
export async function readPolicy(client: Client, prefix: string): Promise<PolicyMeta | 'missing' | 'absent'> {
  const name = policyName(prefix)
  try {
    const { [name]: found } = await client.ilm.getLifecycle({ name })
    const meta = found?.policy._meta as PolicyMeta | undefined
    if (meta?.managed_by === managedBy) return meta
  } catch (error) {
    const failure = failureOf(error)
    if (failure?.status === 404) return 'missing'
    // "no handler found for uri"; 410 where the server is run for its users (serverless).
    if ([400, 405, 410].includes(failure?.status ?? 0)) return 'absent'
    throw error
  }
  throw new WorkerError(
    'template-mismatch',
    `Lifecycle policy ${name} exists and is not ours. Remove or rename it, or choose another INDEX_PREFIX.`,
  )
}

/** Brings the policy that was read to what is wanted, and gives it to indices that have none. */
export async function installLifecycle(
  client: Client,
  prefix: string,
  found: PolicyMeta | 'missing' | 'absent',
  retentionMs: number,
): Promise<InstalledLifecycle> {
  if (found === 'absent') return { policy: 'absent', adopted: [] }
  const wanted = deletedAfterDays(retentionMs)
  const isUnchanged = found !== 'missing' && found.delete_after_days === wanted
  if (!isUnchanged) await client.ilm.putLifecycle(policyOf(prefix, wanted))
  return {
    policy: found === 'missing' ? 'created' : isUnchanged ? 'unchanged' : 'updated',
    adopted: await adoptIndices(client, prefix),
  }
}

function policyOf(prefix: string, deleteAfterDays: number | null) {
  const _meta: PolicyMeta = { managed_by: managedBy, delete_after_days: deleteAfterDays }
  return {
    name: policyName(prefix),
    policy: {
      _meta,
      phases: {
        hot: { min_age: '0ms', actions: {} },
        ...(deleteAfterDays !== null && {
          delete: { min_age: `${deleteAfterDays}d`, actions: { delete: {} } },
        }),
      },
    },
  }
}

async function adoptIndices(client: Client, prefix: string): Promise<string[]> {
  const found = await client.indices.getSettings({ index: indexPattern(prefix) })
  const without = Object.entries(found)
    .filter(([, { settings }]) => settings?.index?.lifecycle?.name === undefined)
    .map(([index]) => index)
  for (const index of without)
    await client.indices.putSettings({
      index,
      settings: { index: { lifecycle: lifecycleSettings(policyName(prefix)) } },
    })
  return without
}
