import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionloom } from '../support/command.ts'

/** Nothing listens there: what is refused is refused before anything is asked. */
const nowhere = { KAFKA_BROKERS: '127.0.0.1:1', ELASTICSEARCH_NODE: 'http://127.0.0.1:1' }

test('setup refuses to delete sessions while late events may change them', async () => {
  for (const settings of [
    { SESSION_RETENTION: '30d' },
    { SESSION_RETENTION: '90d', MAX_LATENESS: '120d' },
    { SESSION_RETENTION: '9000d', MAX_LATENESS: 'unlimited' },
  ]) {
    const { exitCode, stderr } = await sessionloom(['setup'], { env: { ...nowhere, ...settings } })
    assert.equal(exitCode, 2)
    assert.match(stderr, /SESSION_RETENTION: must be longer than MAX_LATENESS/)
  }
})

test('setup takes a Kibana by its URL alone', async () => {
  const { exitCode, stderr } = await sessionloom(['setup'], {
    env: { ...nowhere, KIBANA_URL: 'kibana:5601' },
  })
  assert.equal(exitCode, 2)
  assert.match(stderr, /KIBANA_URL: expected a URL such as/)
})
