// What an index template remembers about the prefix it belongs to: one gap, and per epoch one topic with its
// partition count (design §1.3). Sessions of another gap, or of another log under the same offsets, would mix.
import { schemaVersion } from '../core/document-fields.ts'
import { WorkerError } from '../core/worker-error.ts'

export type TemplateIdentity = {
  readonly gapMs: number
  readonly epoch: number
  readonly topic: string
  readonly partitions: number
}

export type TemplateMeta = {
  readonly schema_version: number
  readonly gap_ms: number
  readonly epochs: { readonly [epoch: string]: { readonly topic: string; readonly partitions: number } }
}

/** The `_meta` that `setup` leaves behind. @throws WorkerError when the prefix belongs to something else */
export function metaAfterSetup(
  meta: TemplateMeta | null,
  prefix: string,
  identity: TemplateIdentity,
): TemplateMeta {
  const { gapMs, epoch, topic, partitions } = identity
  if (meta !== null) refuseOther(meta, prefix, identity)
  const epochs = { ...meta?.epochs }
  const latest = Math.max(...Object.keys(epochs).map(Number))
  if (epochs[epoch] === undefined && epoch < latest)
    throw new WorkerError(
      'epoch-mismatch',
      `Epoch ${epoch} is new, and indices ${prefix}-* have epoch ${latest} already: epochs only go up. ` +
        `Set SOURCE_EPOCH=${latest + 1} for a new log.`,
    )
  epochs[epoch] = { topic, partitions }
  return { schema_version: schemaVersion, gap_ms: gapMs, epochs }
}

/** @throws WorkerError when `run` cannot write with this template */
export function checkMeta(meta: TemplateMeta | null, prefix: string, identity: TemplateIdentity): void {
  if (meta === null)
    throw new WorkerError(
      'template-missing',
      `Index template ${prefix} is missing: without it Elasticsearch would guess the mapping. Run \`sessionloom setup\`.`,
    )
  refuseOther(meta, prefix, identity)
  if (meta.schema_version < schemaVersion)
    throw new WorkerError(
      'template-mismatch',
      `Index template ${prefix} has schema version ${meta.schema_version}, this release writes ${schemaVersion}. ` +
        'Run `sessionloom setup` of this release.',
    )
  if (meta.epochs[identity.epoch] === undefined)
    throw new WorkerError(
      'epoch-mismatch',
      `Epoch ${identity.epoch} is not known to index template ${prefix}. Set SOURCE_EPOCH to the epoch of this topic, ` +
        'or run `sessionloom setup` if the topic begins a new one.',
    )
}

function refuseOther(
  meta: TemplateMeta,
  prefix: string,
  { gapMs, epoch, topic, partitions }: TemplateIdentity,
): void {
  if (meta.schema_version > schemaVersion)
    throw new WorkerError(
      'template-mismatch',
      `Index template ${prefix} has schema version ${meta.schema_version}, this release knows ${schemaVersion}. ` +
        'Use the release that ran `sessionloom setup` last, or a later one.',
    )
  if (meta.gap_ms !== gapMs)
    throw new WorkerError(
      'template-mismatch',
      `Indices ${prefix}-* hold sessions of SESSION_GAP=${meta.gap_ms}ms, not ${gapMs}ms. Set it back, or rebuild with ` +
        'another INDEX_PREFIX and KAFKA_GROUP_ID.',
    )
  const known = meta.epochs[epoch]
  if (known === undefined || (known.topic === topic && known.partitions === partitions)) return
  throw new WorkerError(
    'epoch-mismatch',
    `Epoch ${epoch} of indices ${prefix}-* is topic ${known.topic} with ${known.partitions} partitions, not ${topic} ` +
      `with ${partitions}. Set KAFKA_TOPIC back, or begin a new epoch: SOURCE_EPOCH=${nextEpoch(meta)} for \`sessionloom setup\` ` +
      'and, when the old topic is read to its end, for the workers.',
  )
}

function nextEpoch({ epochs }: TemplateMeta): number {
  return Math.max(...Object.keys(epochs).map(Number)) + 1
}
