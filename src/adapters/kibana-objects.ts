// Saved objects as Kibana imports them. Every object is stamped with the versions of the oldest Kibana that is
// supported: an older stamp makes Kibana rewrite what is modern already, a newer one makes older ones refuse it.
import type { JsonObject } from '../core/json.ts'

export type Reference = { readonly type: string; readonly id: string; readonly name: string }

export type SavedObject = {
  readonly type: 'index-pattern' | 'dashboard'
  readonly id: string
  readonly attributes: JsonObject
  readonly references: readonly Reference[]
  readonly coreMigrationVersion: string
  readonly typeMigrationVersion: string
  readonly managed: false
}

/** Kibana 8.9, and all later ones. */
const typeVersions = { 'index-pattern': '8.0.0', dashboard: '8.9.0' } as const

/** The version of Kibana that wrote a panel; of all panels. */
export const panelVersion = '8.9.0'

export function savedObject(
  type: SavedObject['type'],
  id: string,
  attributes: JsonObject,
  references: readonly Reference[] = [],
): SavedObject {
  return {
    type,
    id,
    attributes,
    references,
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: typeVersions[type],
    managed: false,
  }
}
