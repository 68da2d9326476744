import { latestSession } from '../adapters/elasticsearch-session-info.ts'
import { defineCommand, type OptionValues, UsageError } from './command.ts'
import { connectedElasticsearch, elasticsearchSettings } from './connections.ts'

const patienceMs = 30_000

export const session = defineCommand({
  about:
    'Gives the session of a tab that was seen last, as JSON: sessionTrackingToken, tabId, lastSeen, lastQuery. Exit code 1 ' +
    'if there is none. Needs the right to read the indices.',
  settings: [...elasticsearchSettings, 'indexPrefix'],
  options: [{ flags: '--tab <id>', about: 'the id of the tab' }],
  check: tabOf,
  async run({ config, options, signal }) {
    const tab = tabOf(options)
    const client = await connectedElasticsearch(config, signal)
    try {
      const info = await latestSession(client, config.indexPrefix, tab, patienceMs)
      if (info !== null) process.stdout.write(`${JSON.stringify(info)}\n`)
      else process.stderr.write('sessionloom: this tab has no session\n')
      return info === null ? 1 : 0
    } finally {
      await client.close()
    }
  },
})

function tabOf({ tab }: OptionValues): string {
  if (typeof tab === 'string' && tab !== '') return tab
  throw new UsageError(['--tab: is missing'])
}
