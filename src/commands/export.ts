import { once } from 'node:events'
import { profileSessions } from '../adapters/elasticsearch-profile.ts'
import { defineCommand } from './command.ts'
import { connectedElasticsearch, elasticsearchSettings } from './connections.ts'
import { counted } from './progress.ts'

export const exportProfile = defineCommand({
  about:
    'Gives the Session documents that show a profile, one a line, without what only the worker reads (`state`): what ' +
    'a person may ask for. Needs the right to read the indices.',
  argument: { name: 'PROFILE', about: '`profile.id` as events have it' },
  settings: [...elasticsearchSettings, 'indexPrefix'],
  options: [],
  async run({ config, argument, signal }) {
    const client = await connectedElasticsearch(config, signal)
    try {
      let count = 0
      for await (const page of profileSessions(client, config.indexPrefix, argument as string, signal)) {
        const lines = page.map(({ state, ...shown }) => `${JSON.stringify(shown)}\n`)
        if (!process.stdout.write(lines.join(''))) await once(process.stdout, 'drain')
        count += page.length
      }
      process.stderr.write(`${counted(count, 'session')} of the profile in ${config.indexPrefix}\n`)
      return 0
    } finally {
      await client.close()
    }
  },
})
