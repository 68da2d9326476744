import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { referringSite } from '../../../../src/core/enrichment/referring-sites.ts'
import { siteOf } from '../../../support/oracle-attribution.ts'

const folder = new URL('../../../../src/core/enrichment/data/', import.meta.url)
const list = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))

test('every listed host is found as a reader of the lists finds it, itself, below, and with a search', () => {
  const { aiAssistants, socialNetworks, searchEngines } = list('referring-sites')
  const engines = Object.values<{ hosts: string[]; parameters?: string[] }[]>(searchEngines).flat()
  const hosts = [
    ...Object.values<string[]>({ ...aiAssistants, ...socialNetworks, ...list('web-mail').services }).flat(),
    ...engines.flatMap(engine => engine.hosts),
  ].flatMap(host => (host.includes('{}') ? ['de', 'co.uk'].map(land => host.replace('{}', land)) : [host]))
  assert.ok(hosts.length > 800)
  const queries = ['', '?q=x', '?query=x', ...engines.flatMap(({ parameters }) => `?${parameters?.[0]}=x`)]
  let found = 0
  for (const [i, host] of hosts.entries())
    for (const name of [host, `www.${host}`, `sub.${host}`]) {
      const url = URL.parse(`https://${name}/${queries[i % queries.length]}`)
      if (url === null) continue
      const expected = siteOf(name.replace(/^www\./, ''), url.searchParams)
      assert.deepEqual(referringSite(url), expected, url.href)
      if (expected !== null) found++
    }
  assert.ok(found > 800, `${found} are too few to prove anything`)
})

test('each list says where it is from, of which day, and that it may be used', () => {
  for (const name of ['referring-sites', 'source-categories', 'web-mail', 'click-ids', 'payment-providers']) {
    const { source, date, licence, about } = list(name)
    assert.ok(source && about, name)
    assert.match(date, /^\d{4}-\d\d-\d\d$/)
    assert.match(licence, /^(CC0-1\.0|MIT|Apache-2\.0)$/)
  }
})
