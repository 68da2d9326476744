// Everything that Kibana gets of a prefix. `npm run docs` writes it to deploy/kibana, for an import by hand.
import { audience } from './kibana-audience.ts'
import { dashboard } from './kibana-dashboard.ts'
import { dataView } from './kibana-data-view.ts'
import type { SavedObject } from './kibana-objects.ts'
import { overview } from './kibana-overview.ts'
import { quality } from './kibana-quality.ts'

export function kibanaObjects(prefix: string): SavedObject[] {
  const dashboards = [overview, audience, quality]
  return [dataView(prefix), ...dashboards.map(make => dashboard(prefix, make(prefix)))]
}
