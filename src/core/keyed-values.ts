// Objects that events merge into the session: per key the latest event wins.
import type { Json, JsonObject } from './json.ts'
import { isLatest, type Stamp, type StampedValue } from './stamp.ts'

/** Null stands for a removed key: it is remembered, so that an older value cannot bring the key back. */
export type KeyedValues = Map<string, StampedValue<Json>>

/** A session keeps at most this many keys of one object: the first by name, whatever the order of arrival. */
export const maxKeysPerSession = 512

/** Takes an event's object in. In place; creates the map when it is needed. */
export function takeKeys(
  held: KeyedValues | undefined,
  object: JsonObject | null | undefined,
  stamp: Stamp,
): KeyedValues | undefined {
  if (!object) return held
  const values = held ?? new Map()
  for (const key of Object.keys(object)) take(values, key, { stamp, value: object[key] as Json })
  return bounded(values)
}

/** Per key the later of both. Leaves both as they are. */
export function mergeKeys(a: KeyedValues | undefined, b: KeyedValues | undefined): KeyedValues | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const merged: KeyedValues = new Map(a)
  for (const [key, stamped] of b) take(merged, key, stamped)
  return bounded(merged)
}

/** The object as readers see it, keys sorted: their order must not tell the order of arrival. */
export function keyedObject(values: KeyedValues | undefined): JsonObject {
  const object: Record<string, Json> = {}
  if (values === undefined) return object
  // Sorted by UTF-16 units, as `byKey` does: the same on every machine.
  for (const key of [...values.keys()].sort()) {
    const value = values.get(key)?.value ?? null
    if (value === null) continue
    if (key !== '__proto__') object[key] = value
    else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

function take(values: KeyedValues, key: string, candidate: StampedValue<Json>): void {
  if (isLatest(candidate.stamp, values.get(key))) values.set(key, candidate)
}

function bounded(values: KeyedValues): KeyedValues {
  if (values.size <= maxKeysPerSession) return values
  return new Map([...values].sort(byKey).slice(0, maxKeysPerSession))
}

/** Code-unit order: the same on every machine. */
function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
}
