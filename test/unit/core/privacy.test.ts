import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commonlyRedacted, redactUrl, shownAddress } from '../../../src/core/privacy.ts'

const names: ReadonlySet<string> = new Set(commonlyRedacted)

describe('a URL that is stored', () => {
  const cases = {
    'https://a.example/p?token=abc&x=1': 'https://a.example/p?token=redacted&x=1',
    'https://a.example/p?x=1&Access_Token=abc#top': 'https://a.example/p?x=1&Access_Token=redacted#top',
    'https://a.example/cb#access_token=abc&state=1': 'https://a.example/cb#access_token=redacted&state=1',
    'https://a.example/#/login?password=p%20w': 'https://a.example/#/login?password=redacted',
    'https://a.example/p?%74oken=abc': 'https://a.example/p?%74oken=redacted',
    'https://a.example/p?user=ann%40b.example': 'https://a.example/p?user=redacted',
    'https://a.example/p?q=write+to+ann@b.example': 'https://a.example/p?q=redacted',
    'https://ann:secret@a.example/p': 'https://a.example/p',
    'https://ann:se@cret@a.example/p?x=1': 'https://a.example/p?x=1',
    '/relative?sid=1;pwd=2': '/relative?sid=redacted;pwd=redacted',
  }
  for (const [url, stored] of Object.entries(cases))
    it(`is ${stored}`, () => {
      assert.equal(redactUrl(url, names), stored)
      assert.equal(redactUrl(stored, names), stored, 'once more changes nothing')
    })

  const untouched = [
    'https://a.example/p?utm_source=x&gclid=y&q=tokens',
    'https://a.example/@ann/posts?at=@',
    'https://a.example/p?token=&x=%E0%A4%A',
    'mailto:ann@b.example',
    '',
  ]
  for (const url of untouched)
    it(`is left as it is: ${url}`, () => {
      assert.equal(redactUrl(url, names), url)
    })

  it('never holds the value of a parameter on the list, whatever stands around it', () => {
    const part = fc.string({ unit: fc.constantFrom('?', '&', '#', ';', '=', '%', 'a', '/', '@', ':', '.') })
    fc.assert(
      fc.property(part, part, fc.constantFrom(...commonlyRedacted), (before, after, name) => {
        const stored = redactUrl(`https://a.example/?${before}&${name}=SECRET${after}`, names)
        assert.doesNotMatch(stored, /SECRET/)
      }),
    )
  })
})

describe('an address that is stored', () => {
  const networks: readonly (readonly [string, string | null])[] = [
    ['203.0.113.77', '203.0.113.0'],
    ['2001:db8:12:3456::1', '2001:db8:12::'],
    ['2001:0DB8::1', '2001:db8:0::'],
    ['::1', '0:0:0::'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:12:34:56:78:9a:bc', '2001:db8:12::'],
    ['203.0.113.77, 10.0.0.1', null],
    ['fe80::1%eth0', null],
    ['unknown', null],
  ]
  for (const [ip, network] of networks)
    it(`is masked: ${ip} → ${network}`, () => {
      assert.equal(shownAddress(ip, 'mask'), network)
      assert.equal(shownAddress(network, 'mask'), network, 'once more changes nothing')
    })

  it('is the whole one, or none, where that is wanted', () => {
    assert.equal(shownAddress('unknown', 'keep'), 'unknown')
    assert.equal(shownAddress('203.0.113.77', 'drop'), null)
    assert.equal(shownAddress(null, 'mask'), null)
  })
})
