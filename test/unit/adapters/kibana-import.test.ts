import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { kibanaObjects } from '../../../src/adapters/kibana-dashboards.ts'
import { importIntoKibana, savedObjectLines } from '../../../src/adapters/kibana-import.ts'
import { type Answers, startKibanaStandIn, tookAll } from '../../support/kibana/kibana-stand-in.ts'

const objects = kibanaObjects('sessions')

describe('the import into Kibana', () => {
  async function started(t: TestContext, answers: Answers) {
    const kibana = await startKibanaStandIn(answers)
    t.after(() => kibana.close())
    const url = `http://127.0.0.1:${kibana.port}`
    const attempt = (more = {}) => importIntoKibana({ url, readyWithinMs: 0, ...more }, objects)
    return { ...kibana, url, attempt }
  }
  const answering = async (t: TestContext, status: number, body: unknown) =>
    (await started(t, () => ({ status, body }))).attempt()

  it('sends every object in one file, and replaces what was there', async t => {
    const { sent, attempt } = await started(t, () => tookAll(objects.length))
    assert.equal(await attempt(), objects.length)
    assert.deepEqual(sent, [
      {
        method: 'POST',
        path: '/api/saved_objects/_import?overwrite=true',
        xsrf: 'sessionloom',
        authorization: undefined,
        // By its ending Kibana knows the kind.
        name: 'sessionloom.ndjson',
        text: savedObjectLines(objects),
      },
    ])
  })

  it('goes to the space of the URL, with the credentials of Elasticsearch or those in the URL', async t => {
    const { sent, attempt, port } = await started(t, () => tookAll(objects.length))
    await attempt({ url: `http://127.0.0.1:${port}/base/s/shop/`, auth: { apiKey: 'a2V5' } })
    await attempt({ auth: { username: 'me', password: 'secret' } })
    await attempt({ url: `http://you:p%40ss@127.0.0.1:${port}`, auth: { apiKey: 'a2V5' } })
    assert.equal(sent[0]?.path, '/base/s/shop/api/saved_objects/_import?overwrite=true')
    assert.deepEqual(
      sent.map(({ authorization }) => authorization),
      ['ApiKey a2V5', `Basic ${btoa('me:secret')}`, `Basic ${btoa('you:p@ss')}`],
    )
  })

  it('waits for a Kibana that is not ready yet', async t => {
    const { sent, attempt } = await started(t, count =>
      count === 0 ? { status: 503, body: 'Kibana server is not ready yet' } : tookAll(objects.length),
    )
    assert.equal(await attempt({ readyWithinMs: 30_000, pauseMs: 10 }), objects.length)
    assert.equal(sent.length, 2)
  })

  it('says who is not let in, and by what', async t => {
    const denied = { statusCode: 403, error: 'Forbidden', message: 'Unable to bulk_create dashboard' }
    await assert.rejects(answering(t, 401, {}), { code: 'unauthorized', message: /credentials.*API_KEY/ })
    await assert.rejects(answering(t, 403, denied), {
      code: 'unauthorized',
      message: /Unable to bulk_create dashboard.*Saved Objects Management.*deploy\/kibana/,
    })
  })

  it('names the objects that were refused', async t => {
    const errors = [
      { id: 'sessionloom-sessions', type: 'index-pattern', error: { type: 'unsupported_type' } },
    ]
    const refused = { success: false, successCount: 3, errors }
    await assert.rejects(answering(t, 200, refused), {
      code: 'store-refused',
      message: /refused 1 .*index-pattern sessionloom-sessions \(unsupported_type\).*8\.9/,
    })
    const tooNew = { statusCode: 422, message: 'Document belongs to a more recent version of Kibana' }
    await assert.rejects(answering(t, 422, tooNew), { code: 'store-refused', message: /more recent version/ })
  })

  it('takes nothing else for Kibana, be it a login page or a part of the objects', async t => {
    for (const [status, body] of [
      [404, 'not here'],
      [200, '<html>Welcome</html>'],
      [302, ''],
      [200, { success: true, successCount: 1 }],
    ] as const)
      await assert.rejects(answering(t, status, body), { code: 'configuration', message: /is not Kibana/ })
  })

  it('says where Kibana was looked for, without the credentials', async () => {
    const attempt = importIntoKibana(
      { url: 'http://me:secret@127.0.0.1:1/kibana', readyWithinMs: 0 },
      objects,
    )
    await assert.rejects(attempt, (error: Error & { code: string }) => {
      assert.equal(error.code, 'unreachable')
      assert.match(error.message, /http:\/\/127\.0\.0\.1:1\/kibana .*KIBANA_URL/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })
})
