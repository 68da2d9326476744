import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { describe, it } from 'node:test'

/** Calls of kafkajs that lose records or end the process, each found by experiment. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\.commitOffsets\(/, 'its retries outlive the generation; while stopping it commits nothing'],
  [
    /[cC]onsumer\.(pause|resume|paused|seek)\(/,
    'outlives a rebalance, or is forgotten in it; a batch that waits does it too',
  ],
  [/fromBeginning: false/, 'skips to the end of the log where nothing is committed'],
  [/autoCommit: true|eachBatchAutoResolve: true/, 'commits what is not written yet'],
  [/\beachMessage\b/, 'commits and beats per message'],
  [/\.transaction\(|sendOffsets\(|transactionalId/, 'kafkajs does not fence zombies with it'],
  [/setInterval\([^)]*heartbeat/i, 'keeps a hung member in the group'],
  [/\.isStale\(/, 'does not tell a rebalance'],
  [/consumer\.rebalancing|REBALANCING/, 'comes when no batch is in work any more'],
  [/createPartitions\(/, 'moves tabs while their old records are unread'],
  [/idempotent: true/, 'a lost sequence breaks the producer for good'],
  [/topics?: \[?\/|new RegExp\([^)]*topic/i, 'a subscription by pattern'],
  [/LegacyPartitioner/, 'puts keys elsewhere than other producers'],
]

/** Without comments: they may name what must not be called. */
function codeOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
}

async function sources(): Promise<string[]> {
  return (await Array.fromAsync(glob('src/**/*.ts'))).sort()
}

describe('the use of kafkajs', () => {
  it('keeps away from what loses records', async () => {
    for (const path of await sources())
      for (const [pattern, why] of forbidden) assert.doesNotMatch(codeOf(path), pattern, `${path}: ${why}`)
  })

  it('stays in the Kafka adapters', async () => {
    for (const path of await sources())
      if (/['"]kafkajs(\/|['"])/.test(codeOf(path))) assert.match(path, /^src\/adapters\/kafka/, path)
  })

  it('makes every client from repaired kafkajs', async () => {
    for (const path of await sources())
      if (/new Kafka\(/.test(codeOf(path))) assert.equal(path, 'src/adapters/kafka-client.ts')
    assert.match(codeOf('src/adapters/kafka-client.ts'), /repairKafkajs\(\)[\s\S]*new Kafka\(/)
  })

  it('commits with what is safe: no auto-commit, from the beginning, one at a time', () => {
    const member = codeOf('src/adapters/kafka-member.ts')
    for (const setting of [
      'autoCommit: false',
      'eachBatchAutoResolve: false',
      'fromBeginning: true',
      'allowAutoTopicCreation: false',
    ])
      assert(member.includes(setting), setting)
  })
})
