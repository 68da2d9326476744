// node test/accuracy/extract-corpora.ts UAP-CORE YAUAA WHICHBROWSER USER-AGENTS CRAWLER-USER-AGENTS
// Makes the committed samples again, from checkouts of the three projects and the directories of the two npm packages.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CorpusName, type Row, sample } from './corpus.ts'
import { readCrawlers, readIntoli, readUapCore, readWhichBrowser, readYauaa } from './sources.ts'

const [uapCore, yauaa, whichBrowser, userAgents, crawlers] = process.argv.slice(2)
if (!uapCore || !yauaa || !whichBrowser || !userAgents || !crawlers)
  throw new Error('five directories are needed')

const json = (...path: readonly string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))

function write(name: CorpusName, rows: readonly Row[]): void {
  const path = new URL(`../data/user-agents/${name}.ndjson`, import.meta.url)
  writeFileSync(path, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
}

// Nine in ten of its rows name a device alone.
const named = readUapCore(uapCore)
const isDevice = (row: Row) => row.browser === undefined && row.os === undefined
write('uap-core', [
  ...sample(
    named.filter(row => !isDevice(row)),
    800,
    100,
  ),
  ...sample(named.filter(isDevice), 1200, 100),
])
write('yauaa', sample(readYauaa(yauaa), 1500, 500))
write('whichbrowser', sample(readWhichBrowser(whichBrowser), 1500, 500))
write('intoli', sample(readIntoli(json(userAgents, 'dist/user-agents.json')), 1500, 0))
write('crawlers', sample(readCrawlers(json(crawlers, 'crawler-user-agents.json')), 0, 500))
