import { isDeepStrictEqual } from 'node:util'
import type { Client, estypes } from '@elastic/elasticsearch'
import { schemaVersion } from '../core/document-fields.ts'
import { WorkerError } from '../core/worker-error.ts'
import { asking } from './elasticsearch-asking.ts'
import { composition, planComponent } from './elasticsearch-component.ts'
import { indexOf, indexPattern, isIndexOf } from './elasticsearch-index.ts'
import {
  type InstalledLifecycle,
  installLifecycle,
  policyName,
  readPolicy,
} from './elasticsearch-lifecycle.ts'
import { documentMapping, templateContent } from './elasticsearch-mapping.ts'
import {
  checkMeta,
  metaAfterSetup,
  type TemplateIdentity,
  type TemplateMeta,
} from './elasticsearch-template-meta.ts'

export type InstalledTemplate = {
  /** Of the index template and its settings component together. */
  readonly template: 'created' | 'updated' | 'unchanged'
  readonly isNewEpoch: boolean
  /** Indices of an earlier release that got the fields of this one. */
  readonly updatedIndices: readonly string[]
  readonly lifecycle: InstalledLifecycle
}

const priority = 300

/**
 * Installs or renews the templates and the lifecycle policy of a prefix; safe to repeat. Writes nothing when the prefix
 * belongs to something else. @throws WorkerError that says what to do
 */
export async function installTemplate(
  client: Client,
  prefix: string,
  identity: TemplateIdentity,
  { retentionMs = Number.POSITIVE_INFINITY }: { retentionMs?: number } = {},
): Promise<InstalledTemplate> {
  return asking('the index template is set up', async () => {
    const existing = await existingTemplate(client, prefix)
    const meta = existing && metaOf(existing, prefix)
    const wanted = templateOf(prefix, metaAfterSetup(meta, prefix, identity))
    await refuseRivals(client, prefix)
    await refuseIndexNamedLikeAlias(client, prefix)
    const indices = await schemaVersions(client, prefix)
    refuseForeign(indices, prefix)
    const policy = await readPolicy(client, prefix)
    const component = await planComponent(client, prefix, policy === 'absent' ? null : policyName(prefix))
    const lifecycle = await installLifecycle(client, prefix, policy, retentionMs)
    await component.install()
    const isSameTemplate = existing !== null && isSame(existing, wanted)
    if (!isSameTemplate) await client.indices.putIndexTemplate({ name: prefix, ...wanted })
    const isUnchanged = isSameTemplate && component.kind === 'unchanged'
    return {
      template: existing === null ? 'created' : isUnchanged ? 'unchanged' : 'updated',
      isNewEpoch: meta?.epochs[identity.epoch] === undefined,
      updatedIndices: await renewMappings(client, indices),
      lifecycle,
    }
  })
}

/** What must hold before a worker writes. @throws WorkerError that says what to do */
export async function checkTemplate(
  client: Client,
  prefix: string,
  identity: TemplateIdentity,
): Promise<void> {
  await asking('the index template is checked', async () => {
    const existing = await existingTemplate(client, prefix)
    checkMeta(existing && metaOf(existing, prefix), prefix, identity)
    await refuseRivals(client, prefix)
    const indices = await schemaVersions(client, prefix)
    refuseForeign(indices, prefix)
    for (const [index, version] of indices)
      if (version !== schemaVersion)
        throw new WorkerError(
          'template-mismatch',
          `Index ${index} has schema version ${version}, this release writes ${schemaVersion}. ` +
            'Run `sessionloom setup` of the later of both releases, and the workers of it.',
        )
  })
}

/** What the template remembers of its prefix; null if there is no template. @throws WorkerError if it is not ours */
export function recordedMeta(client: Client, prefix: string): Promise<TemplateMeta | null> {
  return asking('the index template is read', async () => {
    const existing = await existingTemplate(client, prefix)
    return existing === null ? null : metaOf(existing, prefix)
  })
}

function templateOf(prefix: string, meta: TemplateMeta) {
  return {
    index_patterns: [indexPattern(prefix)],
    priority,
    version: schemaVersion,
    _meta: meta,
    ...composition(prefix),
    template: templateContent(prefix),
  }
}

/** An earlier release's is made of no components. */
type Template = Omit<estypes.IndicesIndexTemplate, 'composed_of'> & { readonly composed_of?: string[] }

async function existingTemplate(client: Client, prefix: string): Promise<Template | null> {
  const answer = await client.indices.getIndexTemplate({ name: prefix }, { ignore: [404] })
  return answer.index_templates?.[0]?.index_template ?? null
}

function isSame(existing: Template, wanted: ReturnType<typeof templateOf>): boolean {
  const {
    index_patterns,
    priority,
    version,
    _meta,
    template,
    composed_of,
    ignore_missing_component_templates,
  } = existing
  return isDeepStrictEqual(
    { index_patterns, priority, version, _meta, composed_of, ignore_missing_component_templates, template },
    wanted,
  )
}

function metaOf({ _meta }: Template, prefix: string): TemplateMeta {
  const meta = _meta as Partial<TemplateMeta> | undefined
  if (
    typeof meta?.schema_version === 'number' &&
    typeof meta.gap_ms === 'number' &&
    meta.epochs !== undefined
  )
    return meta as TemplateMeta
  throw new WorkerError(
    'template-mismatch',
    `Index template ${prefix} exists and is not ours. Remove or rename it, or choose another INDEX_PREFIX.`,
  )
}

/** A template of a higher priority would decide in place of ours, one of the same makes ours be refused. */
async function refuseRivals(client: Client, prefix: string): Promise<void> {
  const { index_templates: all = [] } = await client.indices.getIndexTemplate({
    filter_path: ['name', 'index_template.index_patterns', 'index_template.priority'].map(
      part => `index_templates.${part}`,
    ),
  })
  const sample = indexOf(prefix, 0)
  const rival = all.find(({ name, index_template: { index_patterns: patterns, priority: its = 0 } }) => {
    return name !== prefix && its >= priority && [patterns].flat().some(pattern => matches(pattern, sample))
  })
  if (rival === undefined) return
  throw new WorkerError(
    'template-mismatch',
    `Index template ${rival.name} also claims ${indexPattern(prefix)} and has priority ${rival.index_template.priority}, ours ` +
      `${priority}. Lower it, or choose another INDEX_PREFIX.`,
  )
}

function matches(pattern: string, index: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(index)
}

async function refuseIndexNamedLikeAlias(client: Client, prefix: string): Promise<void> {
  // A role for `prefix-*` alone may not look; then the first write finds out.
  const found: object = await client.indices.get(
    { index: prefix, features: 'aliases' },
    { ignore: [403, 404] },
  )
  if (!Object.hasOwn(found, prefix)) return
  throw new WorkerError(
    'template-mismatch',
    `An index is named ${prefix}, which is the alias for the sessions. Remove it, or choose another INDEX_PREFIX.`,
  )
}

/** The schema version of each index of the prefix, undefined for one that was made without our template. */
async function schemaVersions(client: Client, prefix: string): Promise<Map<string, number | undefined>> {
  const index = indexPattern(prefix)
  const found = await client.indices.getMapping({ index, expand_wildcards: ['open', 'closed'] })
  return new Map(
    Object.entries(found).map(([index, { mappings }]) => [index, mappings?._meta?.schema_version]),
  )
}

function refuseForeign(indices: ReadonlyMap<string, number | undefined>, prefix: string): void {
  for (const [index, version] of indices) {
    if (!isIndexOf(prefix, index))
      throw new WorkerError(
        'template-mismatch',
        `Index ${index} is not ours and has our prefix: searches would find it. Remove it, or choose another INDEX_PREFIX.`,
      )
    if (version === undefined)
      throw new WorkerError(
        'template-mismatch',
        `Index ${index} was made without our index template: its mapping is a guess. Delete it and rewind the group ` +
          'to read its events again, or reindex it into an index that the template has made.',
      )
  }
}

/** Every change of the schema so far adds fields, which an index takes while it is in use. */
async function renewMappings(
  client: Client,
  indices: ReadonlyMap<string, number | undefined>,
): Promise<string[]> {
  const old = [...indices].filter(([, version]) => (version ?? 0) < schemaVersion).map(([index]) => index)
  for (const index of old) await client.indices.putMapping({ index, ...documentMapping() })
  return old
}
