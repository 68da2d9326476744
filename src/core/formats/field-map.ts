// FIELD_MAP: any JSON made into a raw event by a map of JSON Pointers. Its targets are the fields of the contract.
import { epochMs } from '../event-time.ts'
import { maxInstantMs } from '../instant.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { keyedFault } from '../keyed-limits.ts'
import { ok } from '../outcome.ts'
import { rawEventSchema } from '../raw-event.ts'
import { rawEventJsonSchema, type SchemaNode, withoutNull } from '../raw-event-json-schema.ts'
import {
  type CompiledSource,
  compileSource,
  constantsOf,
  isSource,
  type TargetKind,
  take,
} from './field-source.ts'
import type { Format, Unjudged } from './format.ts'

type Rule = { readonly kind: 'source'; readonly source: CompiledSource } | Group

type Group = {
  readonly kind: 'group'
  readonly members: ReadonlyMap<string, Rule>
  readonly required: readonly string[]
}

export type FieldMapResult =
  | { readonly ok: true; readonly format: Format }
  /** Every fault, each with the path of its target. */
  | { readonly ok: false; readonly faults: readonly string[] }

/** Compiles the content of a FIELD_MAP file. */
export function compileFieldMap(map: unknown): FieldMapResult {
  const faults: string[] = []
  const root = compileGroup(map, rawEventJsonSchema(), '', faults)
  if (root === null) return { ok: false, faults: ['expected an object of fields'] }
  for (const name of ['eventId', 'tabId', 'type'])
    if (!Object.hasOwn(map as object, name)) faults.push(`${name}: is missing`)
  faults.push(...constantFaults(root))
  return faults.length > 0 ? { ok: false, faults } : { ok: true, format: formatOf(root) }
}

function formatOf(root: Group): Format {
  const tabId = root.members.get('tabId')
  const chain = tabId?.kind === 'source' ? tabId.source.alternatives.map(({ name }) => name) : []
  return {
    name: 'field-map',
    tabIdChain: chain,
    readsEnvelopes: true,
    map(record) {
      const event = Object.fromEntries(membersOf(root.members, record)) as Unjudged
      const from = tabId?.kind === 'source' ? take(tabId.source, record) : null
      return ok({ event, format: 'field-map', tabIdFrom: from?.from ?? null, tabIdChain: chain })
    },
  }
}

function compileGroup(map: unknown, schema: SchemaNode, path: string, faults: string[]) {
  if (!isJsonObject(map)) return null
  const members = new Map<string, Rule>()
  for (const [name, given] of Object.entries(map)) {
    const at = path === '' ? name : `${path}.${name}`
    const target = targetOf(schema, name)
    const fault = schema.propertyNames === undefined ? null : keyedFault({ [name]: null })
    if (target === null) faults.push(`${at}: is no field of a raw event`)
    else if (fault !== null) faults.push(`${path}: ${fault}`)
    else {
      const rule = compileRule(given, target, at, faults)
      if (rule !== null) members.set(name, rule)
    }
  }
  return { kind: 'group', members, required: schema.required ?? [] } as const
}

/** An object without named fields, such as `properties`, takes any. */
function targetOf({ type, properties }: SchemaNode, name: string): SchemaNode | null {
  if (properties === undefined) return type === 'object' ? {} : null
  return Object.hasOwn(properties, name) ? withoutNull(properties[name] as SchemaNode) : null
}

function compileRule(given: Json, target: SchemaNode, path: string, faults: string[]): Rule | null {
  if (!isSource(given) && target.type === 'object') {
    const group = compileGroup(given, target, path, faults)
    if (group !== null) return group
  }
  const compiled = compileSource(given, kindOf(target, path))
  if ('fault' in compiled) {
    faults.push(`${path}: ${compiled.fault}`)
    return null
  }
  return { kind: 'source', source: compiled }
}

const times = new Set(['timestamp', 'receivedAt', 'sentAt'])

function kindOf({ type }: SchemaNode, path: string): TargetKind {
  if (times.has(path)) return 'time'
  if (type === 'string') return 'text'
  return type === 'number' || type === 'integer' ? 'number' : 'other'
}

function fieldOf(rule: Rule, record: JsonObject): unknown {
  if (rule.kind === 'source') return take(rule.source, record)?.value
  const members = membersOf(rule.members, record)
  const isWhole = rule.required.every(name => members.some(([key]) => key === name))
  // Half a profile, which would make the event a dead letter, is none.
  return members.length > 0 && isWhole ? Object.fromEntries(members) : undefined
}

function membersOf(members: ReadonlyMap<string, Rule>, record: JsonObject): [string, unknown][] {
  return [...members]
    .map(([name, rule]): [string, unknown] => [name, fieldOf(rule, record)])
    .filter(([, value]) => value !== undefined)
}

/** What the contract says against what is written in the map: in every event it would be as wrong. */
function constantFaults(root: Group): string[] {
  const faults = constantsIn(root, []).flatMap(([path, constant]) => {
    const event = nested(path, constant)
    const parsed = rawEventSchema.safeParse({
      ...least,
      ...event,
      ...(path.length > 1 && withProfileId(event)),
    })
    if (!parsed.success)
      return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    const fault = times.has(path.join('.')) ? timeFault(constant as string | number | null) : null
    return fault === null ? [] : [`${path.join('.')}: ${fault}`]
  })
  return [...new Set(faults)]
}

function timeFault(constant: string | number | null): string | null {
  const ms = epochMs(constant)
  if (ms === 'malformed') return 'expected ISO 8601 with offset, or epoch milliseconds'
  return ms === null || (ms >= 0 && ms <= maxInstantMs) ? null : 'lies before 1970 or after 9999'
}

const least = { eventId: 'e', tabId: 't', type: 'x' }

function constantsIn(
  { members }: Group,
  above: readonly string[],
): [path: readonly string[], constant: Json][] {
  return [...members].flatMap(([name, rule]) => {
    const path = [...above, name]
    if (rule.kind === 'group') return constantsIn(rule, path)
    return constantsOf(rule.source).map((constant): [readonly string[], Json] => [path, constant])
  })
}

/** An object with this value alone, under its path. */
const nested = (path: readonly string[], value: Json): JsonObject =>
  path.reduceRight<Json>((inner, name) => Object.fromEntries([[name, inner]]), value) as JsonObject

/** What a profile needs beside a part of it. */
function withProfileId({ profile }: JsonObject): JsonObject {
  return isJsonObject(profile) && !Object.hasOwn(profile, 'id') ? { profile: { id: 'p', ...profile } } : {}
}
