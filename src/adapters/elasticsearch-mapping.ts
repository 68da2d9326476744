// The index template's content, made from `documentFields`: what the document has, the mapping has.
import type { estypes } from '@elastic/elasticsearch'
import {
  documentFields,
  type FieldKind,
  type FieldTree,
  isField,
  schemaVersion,
} from '../core/document-fields.ts'

type Property = estypes.MappingProperty
export type TemplateContent = {
  readonly mappings: estypes.MappingTypeMapping
  readonly aliases: Readonly<Record<string, estypes.IndicesAlias>>
}

/**
 * Longer texts are stored and not indexed. Without it Lucene refuses the whole document for one term over 32,766
 * bytes. The longest search text and page title still fit.
 */
const ignoreAbove = 2048

/** More levels than a raw event may have, so that no document is refused for its depth. */
const depthLimit = 20

const properties: Readonly<Record<FieldKind, Property>> = {
  keyword: { type: 'keyword', ignore_above: ignoreAbove },
  keywords: { type: 'keyword', ignore_above: ignoreAbove },
  date: { type: 'date' },
  double: { type: 'double' },
  long: { type: 'long' },
  integer: { type: 'integer' },
  byte: { type: 'byte' },
  boolean: { type: 'boolean' },
  // Both come from outside: a value that is none must not cost the document its user-supplied objects.
  ip: { type: 'ip', ignore_malformed: true },
  geo_point: { type: 'geo_point', ignore_malformed: true },
  flattened: { type: 'flattened', ignore_above: ignoreAbove, depth_limit: depthLimit },
  opaque: { type: 'object', enabled: false },
}

/**
 * Template content for the indices of a prefix; the bare prefix is the alias of what is a session. Stands above every
 * component: what merging and the alias depend on is not for others to change.
 */
export function templateContent(prefix: string): TemplateContent {
  return {
    mappings: documentMapping(),
    aliases: {
      [prefix]: { filter: { bool: { must_not: [{ terms: { 'metadata.status': ['merged', 'erased'] } }] } } },
    },
  }
}

/** Settings of the indices of a prefix, which the user's own component may override. Numbers as a node gives them back. */
export function settingsContent(lifecycle: string | null): estypes.IndicesIndexSettings {
  return {
    index: {
      // Stated, though it is the default: only a stated interval refreshes an index that nobody searches.
      refresh_interval: '1s',
      number_of_shards: '1',
      ...(lifecycle !== null && { lifecycle: lifecycleSettings(lifecycle) }),
    },
  }
}

/** An index ages from the month in its name, not from when it was made: a rebuild makes old ones anew. */
export function lifecycleSettings(name: string): estypes.IndicesIndexSettingsLifecycle {
  return { name, parse_origination_date: 'true' as unknown as boolean }
}

/** The mapping of an index of this release. */
export function documentMapping(): estypes.MappingTypeMapping {
  return {
    _meta: { schema_version: schemaVersion },
    // A worker of the next release may write a new top-level field before `setup` of that release has run.
    dynamic: false,
    properties: {
      '@timestamp': { type: 'alias', path: 'metadata.time.insert' },
      ...mappedTree(documentFields),
      // Of redirects only.
      merged_into: properties.keyword,
    },
  }
}

function mappedTree(tree: FieldTree): Record<string, Property> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [
      name,
      isField(node) ? properties[node.kind] : { dynamic: 'strict', properties: mappedTree(node) },
    ]),
  )
}
