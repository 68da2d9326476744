import { setTimeout as sleep } from 'node:timers/promises'
import type { ElasticsearchClient } from '../adapters/elasticsearch-client.ts'
import { ElasticsearchTabs, type FoundTab, type Standing } from '../adapters/elasticsearch-tabs.ts'
import { recordedMeta } from '../adapters/elasticsearch-template.ts'
import type { KafkaClientSettings } from '../adapters/kafka-client.ts'
import { KafkaEventWriter, type WrittenEvent } from '../adapters/kafka-event-writer.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import { writeLines } from '../adapters/ndjson-output.ts'
import { encodeControl } from '../core/control.ts'
import { printable } from '../core/printable.ts'
import { type Violation, violationsOf } from '../core/tab-invariants.ts'
import { WorkerError } from '../core/worker-error.ts'
import { defineCommand } from './command.ts'
import { connectedElasticsearch, elasticsearchSettings, kafkaClientOf, kafkaSettings } from './connections.ts'
import { counted, progressLine } from './progress.ts'
import { stopwatch } from './totals.ts'

/** What a worker is in the middle of is whole a moment later: only what is wrong each time is wrong. */
const looks = 3
const lookEveryMs = 2_000

export const verify = defineCommand({
  about:
    'Looks at every stored document for what must never be: two sessions of a tab within the gap, an absorbed session ' +
    'that is there still, a redirect that is missing or leads nowhere, a document in a wrong index. One line each; exit ' +
    'code 1 if there are any. Workers may run meanwhile. With --repair it moves what is in a wrong index, and writes a ' +
    'control record for each other tab into the topic, on which its owner puts the tab in order.',
  settings: [...elasticsearchSettings, 'indexPrefix', ...kafkaSettings],
  options: [
    { flags: '--repair', about: 'mend what is wrong' },
    { flags: '--json', about: 'one JSON object a line: tabId, kind, id, message' },
  ],
  async run({ config, options, signal }) {
    const client = await connectedElasticsearch(config, signal)
    try {
      const log = await logOf(client, config.indexPrefix)
      const tabs = new ElasticsearchTabs(client, config.indexPrefix, log.gapMs, signal)
      const wrong = await findWrong(tabs, log.gapMs, signal)
      const print = options.json === true ? jsonOf : lineOf
      await writeLines(
        process.stdout,
        wrong.flatMap(({ tab, faults }) => faults.map(fault => print(tab, fault))),
      )
      if (wrong.length === 0) return 0
      if (options.repair !== true) {
        say(remedyOf(wrong))
        return 1
      }
      await moveMisplaced(wrong, tabs)
      return await askOwners(wrong, log, kafkaClientOf(config, 'sessionloom-verify'))
    } finally {
      await client.close()
    }
  },
})

type Log = { readonly gapMs: number; readonly epoch: number; readonly topic: string }
type Fault = {
  readonly kind: Violation['kind'] | 'wrong-index'
  readonly id: string
  readonly message: string
}
type Wrong = { readonly tab: FoundTab; readonly faults: readonly Fault[] }

/** The gap of all sessions, and the log that workers read now. */
async function logOf(client: ElasticsearchClient, prefix: string): Promise<Log> {
  const meta = await recordedMeta(client, prefix)
  const latest = Math.max(...Object.keys(meta?.epochs ?? {}).map(Number))
  const topic = meta?.epochs[latest]?.topic
  if (meta === null || topic === undefined)
    throw new WorkerError(
      'template-missing',
      `Index template ${prefix} is missing: nothing is stored under this INDEX_PREFIX.`,
    )
  return { gapMs: meta.gap_ms, epoch: latest, topic }
}

async function findWrong(tabs: ElasticsearchTabs, gapMs: number, signal: AbortSignal): Promise<Wrong[]> {
  const progress = progressLine(process.stderr)
  const took = stopwatch()
  const count = { tabs: 0, documents: 0 }
  let suspects: Wrong[] = []
  try {
    for await (const tab of tabs.all()) {
      count.tabs++
      count.documents += tab.documents
      progress.show(`${counted(count.documents, 'document')} of ${counted(count.tabs, 'tab')} looked at`)
      suspects.push(...(await wrongOf([tab], tabs, gapMs)))
    }
  } finally {
    progress.end()
  }
  for (let look = 1; look < looks && suspects.length > 0; look++) {
    await sleep(lookEveryMs, null, { signal })
    const again: FoundTab[] = []
    for await (const tab of tabs.some([...new Set(suspects.map(({ tab }) => tab.tabId))])) again.push(tab)
    suspects = await wrongOf(again, tabs, gapMs)
  }
  const faults = suspects.reduce((sum, { faults }) => sum + faults.length, 0)
  say(
    `${counted(count.documents, 'document')} of ${counted(count.tabs, 'tab')} looked at in ${took()}: ` +
      (faults === 0 ? 'all is well' : `${counted(faults, 'fault')} in ${counted(suspects.length, 'tab')}`),
  )
  return suspects
}

async function wrongOf(found: readonly FoundTab[], tabs: ElasticsearchTabs, gapMs: number): Promise<Wrong[]> {
  const wrong: Wrong[] = []
  for (const tab of found) {
    const violations = violationsOf(tab, gapMs)
    const standing = await tabs.standing(violations.flatMap(({ key }) => (key === null ? [] : [key])))
    const faults = [
      ...violations
        .filter(({ kind, key }) => key === null || isFault(kind, standing.get(key.id)))
        .map(({ kind, id, other }) => ({ kind, id, message: messages[kind](id, other) })),
      ...tab.misplaced.map(({ id, index, rightIndex }) => ({
        kind: 'wrong-index' as const,
        id,
        message: `${id} is in index ${index} and belongs into ${rightIndex}`,
      })),
    ]
    if (faults.length > 0) wrong.push({ tab, faults })
  }
  return wrong
}

/** An erased session has no redirects, and an index that a lifecycle policy has deleted takes its own along. */
function isFault(kind: Violation['kind'], standing: Standing | undefined): boolean {
  if (standing === 'missing') return true
  return kind === 'dead-redirect' && standing === 'stored'
}

const messages: { readonly [K in Violation['kind']]: (id: string, other: string) => string } = {
  'within-gap': (id, other) => `sessions ${other} and ${id} lie within the gap`,
  'absorbed-but-live': (id, other) => `${other} has absorbed ${id}, which is there still`,
  'redirect-missing': (id, other) => `${other} has absorbed ${id}, and nothing leads from there`,
  'dead-redirect': (id, other) => `${id} leads to ${other}, where no session is`,
}

const lineOf = ({ tabId }: FoundTab, { kind, message }: Fault): string =>
  printable(`${kind}: tab ${tabId}: ${message}`)
const jsonOf = ({ tabId }: FoundTab, { kind, id, message }: Fault): string =>
  JSON.stringify({ tabId, kind, id, message })

/** What was deleted is in the log alone. */
function remedyOf(wrong: readonly Wrong[]): string {
  const kinds = new Set(wrong.flatMap(({ faults }) => faults.map(({ kind }) => kind)))
  const isRest = kinds.delete('dead-redirect')
  const remedies = [
    ...(kinds.size > 0 ? ['`sessionloom verify --repair` mends that'] : []),
    ...(isRest ? ['only a rebuild brings back the sessions to which a dead-redirect leads'] : []),
  ]
  return remedies.join('; ')
}

async function moveMisplaced(wrong: readonly Wrong[], tabs: ElasticsearchTabs): Promise<void> {
  const documents = wrong.flatMap(({ tab }) => tab.misplaced)
  for (const document of documents) await tabs.move(document)
  if (documents.length > 0)
    say(
      `moved ${counted(documents.length, 'document')} into the index of ${documents.length === 1 ? 'its' : 'their'} month`,
    )
}

/** One record for each tab, to the partition that has written it. Gives the exit code. */
async function askOwners(
  wrong: readonly Wrong[],
  { topic, epoch }: Log,
  client: KafkaClientSettings,
): Promise<number> {
  const records: WrittenEvent[] = []
  let isWhole = true
  for (const { tab, faults } of wrong) {
    if (faults.every(({ kind }) => kind === 'wrong-index')) continue
    const { tabId, latest, partitions } = tab
    const value = encodeControl({ kind: 'repair', tabId })
    if (latest.epoch < epoch) records.push({ key: tabId, value })
    else if (partitions.length === 1) records.push({ key: null, partition: latest.partition, value })
    else {
      isWhole = false
      say(
        `tab ${tabId} is written by partitions ${partitions.join(' and ')}: key the topic by tab id (\`sessionloom rekey\`), and rebuild.`,
      )
    }
  }
  if (records.length === 0) return isWhole ? 0 : 1
  await requireTopic(client, topic)
  const writer = new KafkaEventWriter({ client, topic })
  try {
    await writer.write(records)
  } finally {
    await writer.close()
  }
  say(
    `asked the owners of ${counted(records.length, 'tab')} in ${topic}. When the workers have read that, \`sessionloom verify\` shows what is left: only a rebuild brings back what was overwritten.`,
  )
  return isWhole ? 0 : 1
}

const say = (text: string): void => void process.stderr.write(`${printable(text)}\n`)
