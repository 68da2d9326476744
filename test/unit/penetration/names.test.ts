import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readConfig } from '../../../src/config.ts'

const faultsOf = (name: Parameters<typeof readConfig>[0][number], env: string, value: string) => {
  const read = readConfig([name], {}, { [env]: value })
  return read.ok ? [] : read.faults
}

describe('INDEX_PREFIX', () => {
  for (const prefix of [
    '../sessions',
    'sessions/../_all',
    '*',
    'sessions*',
    'sessions,-sessions-2026.11.01',
    'a,b',
    '-sessions',
    '_all',
    '+sessions',
    '.security',
    '.',
    '..',
    'Sessions',
    'sessions?refresh',
    'sessions#x',
    'sessions\nx',
    'sessions\0',
    '<sessions-{now/d}>',
    'remote:sessions',
    'sessions"x',
    'séssions',
    'a'.repeat(101),
  ])
    it(`is refused: ${JSON.stringify(prefix.slice(0, 30))}`, () => {
      const [fault] = faultsOf('indexPrefix', 'INDEX_PREFIX', prefix)
      assert.match(fault ?? '', /^INDEX_PREFIX: expected lower-case letters/)
      assert.ok(!fault?.includes(prefix))
    })

  it('is taken as a plain name', () => {
    for (const prefix of ['sessions', 'a', 'shop_2-sessions'])
      assert.deepEqual(faultsOf('indexPrefix', 'INDEX_PREFIX', prefix), [])
  })
})

describe('the name of a topic', () => {
  for (const topic of ['.', '..', '../x', 'a/b', 'a b', 'a,b', 'a\nb', 'a\0', 'ä', '*', 'a'.repeat(250)])
    it(`is refused: ${JSON.stringify(topic.slice(0, 30))}`, () => {
      assert.match(faultsOf('kafkaTopic', 'KAFKA_TOPIC', topic)[0] ?? '', /^KAFKA_TOPIC: expected a topic/)
      const dead = faultsOf('kafkaDeadLetterTopic', 'KAFKA_DEAD_LETTER_TOPIC', topic)
      assert.match(dead[0] ?? '', /expected a topic/)
    })
})

describe('a file that a setting names', () => {
  const files = [
    ['kafkaCaFile', 'KAFKA_CA_FILE'],
    ['kafkaCertFile', 'KAFKA_CERT_FILE'],
    ['kafkaKeyFile', 'KAFKA_KEY_FILE'],
    ['elasticsearchCaFile', 'ELASTICSEARCH_CA_FILE'],
  ] as const

  for (const [name, env] of files)
    it(`is not shown when it is not what ${env} asks for, and is refused`, t => {
      const path = join(tmpdir(), `sessionloom-${process.pid}-${name}`)
      writeFileSync(path, 'root:hunter2:0:0')
      t.after(() => rmSync(path))
      const faults = faultsOf(name, env, path)
      assert.match(faults[0] ?? '', new RegExp(`^${env}: has no (certificate|private key) in PEM in it$`))
    })

  it('is refused where it is a directory, a device or not there', () => {
    for (const path of ['/', '/nowhere/../nowhere', '/dev/null'])
      for (const [name, env] of files) assert.equal(faultsOf(name, env, path).length > 0, true, path)
  })
})
