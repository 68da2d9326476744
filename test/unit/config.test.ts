import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { flagOf, readConfig } from '../../src/config.ts'
import { parseDuration } from '../../src/setting-values.ts'
import { type SettingName, settings } from '../../src/settings.ts'

const everything = Object.keys(settings) as SettingName[]

test('every default is valid, so nothing needs to be set on one machine', () => {
  const read = readConfig(everything, {}, {})
  assert.ok(read.ok, JSON.stringify(read))
  assert.equal(read.config.sessionGap, 600_000)
  assert.equal(read.config.maxLateness, 30 * 86_400_000)
  assert.deepEqual(read.config.kafkaBrokers, ['localhost:9092'])
})

test('a flag wins over the environment, and that over the default', () => {
  const read = readConfig(
    ['timeZone', 'kafkaTopic'],
    { timeZone: 'Europe/Berlin' },
    { TIME_ZONE: 'Asia/Tokyo', KAFKA_TOPIC: 'clicks' },
  )
  assert.ok(read.ok)
  assert.deepEqual(read.config, { timeZone: 'Europe/Berlin', kafkaTopic: 'clicks' })
})

test('lists of hosts are in lower case and without www., and may be none', () => {
  const names = ['internalDomains', 'excludedReferrers', 'conversionPaths'] as const
  const read = readConfig(
    names,
    {},
    { INTERNAL_DOMAINS: 'www.Shop.example, shop.test', EXCLUDED_REFERRERS: 'none' },
  )
  assert.ok(read.ok)
  assert.deepEqual(read.config, {
    internalDomains: ['shop.example', 'shop.test'],
    excludedReferrers: [],
    conversionPaths: [],
  })
  const wrong = readConfig(
    names,
    {},
    { INTERNAL_DOMAINS: 'https://shop.example/', CONVERSION_PATHS: 'thanks' },
  )
  assert.ok(!wrong.ok && wrong.faults.length === 2)
})

test('an empty variable is as good as none', () => {
  const read = readConfig(['kafkaTopic'], {}, { KAFKA_TOPIC: '' })
  assert.ok(read.ok && read.config.kafkaTopic === 'raw-events')
})

test('all faults are told at once, by the name under which the value was given, and without the value', () => {
  const read = readConfig(
    everything,
    { sessionGap: 'hunter2' },
    { SOURCE_EPOCH: '1024', ON_DATA_LOSS: 'ignore', TIME_ZONE: 'Mars/Base' },
  )
  assert.ok(!read.ok)
  assert.equal(read.faults.length, 4)
  for (const name of ['--session-gap', 'SOURCE_EPOCH', 'ON_DATA_LOSS', 'TIME_ZONE'])
    assert.ok(
      read.faults.some(fault => fault.startsWith(`${name}: `)),
      name,
    )
  assert.doesNotMatch(read.faults.join(), /hunter2|1024|ignore|Mars/)
})

test('the configuration is frozen', () => {
  const read = readConfig(['timeZone'], {}, {})
  assert.ok(read.ok && Object.isFrozen(read.config))
})

test('durations have a unit', () => {
  assert.deepEqual(['500ms', '30s', '10m', '2h', '30d', 'unlimited'].map(parseDuration), [
    500,
    30_000,
    600_000,
    7_200_000,
    2_592_000_000,
    Number.POSITIVE_INFINITY,
  ])
  for (const text of ['', '10', 'm', '-1s', '1.5h', '10 m', '1e3s', 'forever'])
    assert.equal(parseDuration(text), null, text)
})

test('flags are the names of the variables', () => {
  assert.equal(flagOf('kafkaDeadLetterTopic'), '--kafka-dead-letter-topic')
})

test('settings that need or exclude one another are told with the others', () => {
  const read = readConfig(
    everything,
    {},
    {
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_CA_FILE: import.meta.filename,
      KAFKA_CERT_FILE: '/nowhere.pem',
      ELASTICSEARCH_API_KEY: 'a2V5',
      ELASTICSEARCH_USERNAME: 'elastic',
    },
  )
  assert.ok(!read.ok)
  const told = [
    'KAFKA_CERT_FILE',
    'KAFKA_CA_FILE',
    'KAFKA_USERNAME',
    'KAFKA_PASSWORD',
    'ELASTICSEARCH_USERNAME',
  ]
  for (const name of told)
    assert.ok(
      read.faults.some(fault => fault.startsWith(`${name}: `)),
      name,
    )
  assert.ok(read.faults.includes('KAFKA_CERT_FILE: cannot be read: ENOENT'))
})

test('what is answered at an address needs one', () => {
  const faultsOf = (variables: Record<string, string>) => {
    const read = readConfig(everything, {}, variables)
    return read.ok ? [] : read.faults
  }
  const fault = 'SESSION_LOOKUP: needs an HTTP_ADDRESS, which is `off`'
  assert.deepEqual(faultsOf({ SESSION_LOOKUP: 'on', HTTP_ADDRESS: 'off' }), [fault])
  assert.deepEqual(faultsOf({ SESSION_LOOKUP: 'on' }), [])
  assert.deepEqual(faultsOf({ HTTP_ADDRESS: 'off' }), [])
})

test('the URL of a schema registry holds no credentials, which messages would show', () => {
  const faultsOf = (url: string) => {
    const read = readConfig(['schemaRegistryUrl'], {}, { SCHEMA_REGISTRY_URL: url })
    return read.ok ? [] : read.faults
  }
  assert.deepEqual(faultsOf('https://registry.example/apis/ccompat/v7'), [])
  for (const url of ['http://me:hunter2@localhost', 'http://me@localhost', 'http://:hunter2@localhost'])
    assert.match(faultsOf(url).join(), /^SCHEMA_REGISTRY_URL: has a user in it: use \S+ and \S+$/, url)
})

test('a secret comes from its variable or from a file, never from a flag, and is never shown', t => {
  const path = join(tmpdir(), `sessionloom-${process.pid}.secret`)
  writeFileSync(path, 'hunter2\n')
  t.after(() => rmSync(path))
  const names = ['elasticsearchApiKey'] as const
  const fromFile = readConfig(names, { elasticsearchApiKey: 'flag' }, { ELASTICSEARCH_API_KEY_FILE: path })
  assert.ok(fromFile.ok && fromFile.config.elasticsearchApiKey === 'hunter2')
  const both = readConfig(names, {}, { ELASTICSEARCH_API_KEY_FILE: path, ELASTICSEARCH_API_KEY: 'hunter3' })
  assert.ok(!both.ok)
  assert.doesNotMatch(both.faults.join(), /hunter/)
  const gone = readConfig(names, {}, { ELASTICSEARCH_API_KEY_FILE: '/nowhere' })
  assert.deepEqual(!gone.ok && gone.faults, ['ELASTICSEARCH_API_KEY_FILE: cannot be read: ENOENT'])
})
