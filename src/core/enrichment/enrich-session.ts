// Enrichment as a list of named steps. Each fills in what evidence lacks, once: evidence that won is looked
// up when its session is next written, not when the event came.
import type { Session } from '../session.ts'
import type { AttributionLookup } from './attribution.ts'
import type { DeviceLookup } from './device.ts'
import type { GeoLookup } from './geo.ts'

export type Lookups = {
  readonly geo: GeoLookup
  readonly device: DeviceLookup
  readonly attribution: AttributionLookup
}

export const enrichmentSteps = [
  ['geo', geo],
  ['device', device],
  ['attribution', attribution],
] as const

/** Enriches a session in place; what is known already is left alone. */
export function enrichSession(session: Session, lookups: Lookups): void {
  for (const [, step] of enrichmentSteps) step(session, lookups)
}

function geo({ evidence }: Session, lookups: Lookups): void {
  const held = evidence.ip
  if (held?.ip && held.geo === undefined) held.geo = lookups.geo(held.ip)
}

function device({ evidence }: Session, lookups: Lookups): void {
  const held = evidence.agent
  if (held === undefined || held.agent === null) return
  held.facts = lookups.device(held.agent)
  held.agent = null
}

function attribution({ entry }: Session, lookups: Lookups): void {
  if (entry.landing === null) return
  entry.attribution = lookups.attribution(entry.landing)
  entry.landing = null
}
