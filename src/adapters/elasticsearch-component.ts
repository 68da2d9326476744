// The component templates of a prefix: `PREFIX@settings` is ours and holds what a user may want otherwise;
// `PREFIX@custom` is the user's, need not exist, and wins over it.
import { isDeepStrictEqual } from 'node:util'
import type { Client } from '@elastic/elasticsearch'
import { schemaVersion } from '../core/document-fields.ts'
import { WorkerError } from '../core/worker-error.ts'
import { settingsContent } from './elasticsearch-mapping.ts'

const settingsName = (prefix: string): string => `${prefix}@settings`
export const customName = (prefix: string): string => `${prefix}@custom`

/** In the order in which they are laid over one another. */
export function composition(prefix: string) {
  return {
    composed_of: [settingsName(prefix), customName(prefix)],
    ignore_missing_component_templates: [customName(prefix)],
  }
}

const meta = { managed_by: 'sessionloom' }

export type Component = { readonly kind: 'created' | 'updated' | 'unchanged'; install(): Promise<void> }

/** Compares only, until it is told to install. @throws WorkerError when the component is not ours */
export async function planComponent(
  client: Client,
  prefix: string,
  lifecycle: string | null,
): Promise<Component> {
  const name = settingsName(prefix)
  const wanted = { template: { settings: settingsContent(lifecycle) }, version: schemaVersion, _meta: meta }
  const answer = await client.cluster.getComponentTemplate({ name }, { ignore: [404] })
  const existing = answer.component_templates?.[0]?.component_template
  if (existing !== undefined && existing._meta?.managed_by !== meta.managed_by)
    throw new WorkerError(
      'template-mismatch',
      `Component template ${name} exists and is not ours. Remove or rename it, or choose another INDEX_PREFIX.`,
    )
  const isUnchanged = isDeepStrictEqual(existing, wanted)
  return {
    kind: existing === undefined ? 'created' : isUnchanged ? 'unchanged' : 'updated',
    install: async () => {
      if (!isUnchanged) await client.cluster.putComponentTemplate({ name, ...wanted })
    },
  }
}
