import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SessionDocument } from '../../src/core/session-document.ts'
import { sessionloom } from '../support/command.ts'

const url = 'https://ann:secret@shop.example/cart?token=secret&utm_source=mail&to=ann.secret%40b.example'
const at = (minute: number) => `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`

const event = (id: string, minute: number, context: object = {}) =>
  `${JSON.stringify({ eventId: id, tabId: 'tab', type: 'page-view', timestamp: at(minute), receivedAt: at(59), context })}\n`

const landing = event('landing', 10, { ip: '8.8.8.8', page: { url, referrer: `${url}#sid=secret` } })

describe('what a document shows', () => {
  for (const [privacy, ip] of [
    ['mask', '8.8.8.0'],
    ['drop', null],
    ['keep', '8.8.8.8'],
  ] as const)
    test(`of an address with IP_PRIVACY=${privacy} is ${ip}, and where it is in any case, before and after a restore`, async t => {
      const folder = mkdtempSync(join(tmpdir(), 'privacy-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const store = `sqlite:${join(folder, 'sessions.db')}`
      const out = join(folder, 'documents.ndjson')
      const replayed = async (input: string) => {
        const words = ['replay', '-', '--store', store, '--out', out, '--ip-privacy', privacy]
        const { exitCode, stderr } = await sessionloom(words, { input })
        assert.equal(exitCode, 0, stderr)
        return JSON.parse(readFileSync(out, 'utf8')) as SessionDocument
      }
      const first = await replayed(landing)
      const second = await replayed(event('later', 12))
      for (const document of [first, second]) {
        assert.equal(document.device.ip, ip)
        assert.equal(document.context.ip, ip)
        assert.equal(document.device.geo.country.code, 'US')
      }
      assert.equal(second.activity.events, 2)
    })

  test('of URLs is no secret and no e-mail address, and what campaigns put there', async () => {
    const { exitCode, stdout, stderr } = await sessionloom(['replay', '-'], { input: landing })
    assert.equal(exitCode, 0, stderr)
    assert.doesNotMatch(stdout, /secret/)
    const document = JSON.parse(stdout) as SessionDocument
    assert.equal(document.utm.source, 'mail')
    assert.equal(
      document.pages.entry.url,
      'https://shop.example/cart?token=redacted&utm_source=mail&to=redacted',
    )
    assert.match(document.referrer.url ?? '', /#sid=redacted$/)
  })

  test('of URLs is everything with REDACTED_PARAMETERS=none', async () => {
    const words = ['replay', '-', '--redacted-parameters', 'none']
    const { stdout } = await sessionloom(words, { input: landing })
    assert.equal((JSON.parse(stdout) as SessionDocument).pages.entry.url, url)
  })
})
