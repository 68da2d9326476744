// npm run dashboards: draws the dashboards that `setup` would bring into Kibana, with the sample's sessions in a real
// node, into deploy/kibana.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { elasticsearchClient } from '../../../src/adapters/elasticsearch-client.ts'
import { kibanaPath } from '../readme-tables.ts'
import { startElasticsearch } from '../services.ts'
import { drawDashboard } from './draw-dashboard.ts'
import { panelData } from './panel-data.ts'
import { writeSampleSessions } from './sample-sessions.ts'
import { savedObjects } from './saved-panels.ts'

const prefix = 'sessions'
const started = await startElasticsearch()
if (started.kind === 'none') throw new Error(`no Elasticsearch: ${started.reason}`)
const client = elasticsearchClient({ node: started.server.address })
try {
  const sample = await writeSampleSessions(client, prefix)
  const period = `${sample.from.slice(0, 10)} – ${sample.to.slice(0, 10)}`
  for (const dashboard of savedObjects(readFileSync(kibanaPath, 'utf8'))) {
    if (dashboard.type !== 'dashboard') continue
    const data = await panelData(client, dashboard, prefix, sample)
    const file = join(kibanaPath, '..', `${dashboard.id.replace('sessionloom-sessions-', '')}.svg`)
    writeFileSync(file, drawDashboard(dashboard, data, period))
    process.stdout.write(`${file}\n`)
  }
} finally {
  await client.close()
  await started.server.stop()
}
