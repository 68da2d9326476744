import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config.ts'

// It ended in a stack trace, and no other fault was told.
test('what is no URL of a schema registry is a fault like others', () => {
  for (const url of ['registry', 'localhost:8081', 'http://', '//registry', 'ftp://me@registry']) {
    const read = readConfig(
      ['schemaRegistryUrl', 'sourceEpoch'],
      {},
      { SCHEMA_REGISTRY_URL: url, SOURCE_EPOCH: 'x' },
    )
    assert.ok(!read.ok, url)
    const faults = read.faults.map(fault => fault.replace(/: .*/, '')).sort()
    assert.deepEqual([...new Set(faults)], ['SCHEMA_REGISTRY_URL', 'SOURCE_EPOCH'], url)
    assert.match(read.faults.join('\n'), /^SCHEMA_REGISTRY_URL: expected a URL such as/m, url)
  }
})
