// How formats read what others wrote. A field of another type than its specification says counts as missing: the event
// is worth more than one detail of it. What is taken is held against the limits of a raw event afterwards, and counts as
// missing if it is over one.
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { type Outcome, ok } from '../outcome.ts'
import type { Mapped, Unjudged } from './format.ts'

type Value = Json | undefined

const nothing: JsonObject = {}

/** An object, or an empty one. */
export const object = (value: Value): JsonObject => (isJsonObject(value) ? value : nothing)

/** A text with something in it. */
export const text = (value: Value): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** As `text`; numbers, which some producers use for ids, in digits. */
export const id = (value: Value): string | undefined =>
  typeof value === 'number' ? digits(value) : text(value)

/** A URL that a page was reached from. PostHog and RudderStack say `$direct` where there is none. */
export const referrerUrl = (value: Value): string | undefined =>
  value === '$direct' ? undefined : text(value)

/** A number as text. Not one that JSON readers round: two tabs, or two people, would become one. */
export const digits = (value: number): string | undefined =>
  Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined

/** A number, or a text that is one. */
export function number(value: Value): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : undefined
}

/** A size in pixels that a raw event may have; clients report -1 and the like for what they do not know. */
export function pixels(value: Value): number | undefined {
  const size = number(value)
  return size !== undefined && size >= 0 && size <= 100_000 ? size : undefined
}

/** The first of these that is an amount which a raw event may have. */
export const amount = (...values: readonly Value[]): number | undefined =>
  values.map(number).find(value => value !== undefined && Math.abs(value) <= 1e9)

/** Whatever is there, for the schema to judge: a time that is wrong is no detail. */
export const time = (value: Value): Value => (value === null || value === '' ? undefined : value)

/** As `time`, for producers that leave the offset out and mean UTC: `2026-11-24 10:00:00.123`. */
export function utcTime(value: Value): Value {
  if (typeof value !== 'string') return time(value)
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)$/.exec(value)
  return match === null ? time(value) : `${match[1]}T${match[2]}Z`
}

const maxTypeLength = 64

/** The name of an event as a type, cut to what a type has room for. */
export function typeName(value: Value): string | undefined {
  const cut = text(value)?.slice(0, maxTypeLength)
  // A cut may leave half of a character.
  return cut === undefined || cut.isWellFormed() ? cut : cut.toWellFormed()
}

/** The members whose names a test lets through, as an object of its own; undefined if there are none. */
export function members(
  value: Value,
  isWanted: (key: string) => boolean = () => true,
): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined
  const wanted = Object.entries(value).filter(([key]) => key !== '' && isWanted(key))
  return wanted.length === 0 ? undefined : Object.fromEntries(wanted)
}

/** A JSON object, or the text of one. */
export function objectOrText(value: Value): JsonObject {
  if (typeof value !== 'string') return object(value)
  try {
    return object(JSON.parse(value) as Json)
  } catch {
    return nothing
  }
}

/** A group of fields; undefined where none is there, since a group without anything in it still says something. */
export function group<G extends object>(fields: G): G | undefined {
  return Object.values(fields).some(value => value !== undefined) ? fields : undefined
}

/** A mapped event with the first tab id of the chain that is there. */
export function withTabId(
  format: string,
  event: Unjudged,
  chain: readonly string[],
  ids: readonly (string | undefined)[],
): Outcome<Mapped> {
  const at = ids.findIndex(tabId => tabId !== undefined)
  if (at < 0) return ok({ event, format, tabIdFrom: null, tabIdChain: chain, isOthers: true })
  const tabIdFrom = chain[at] as string
  return ok({ event: { ...event, tabId: ids[at] }, format, tabIdFrom, tabIdChain: chain, isOthers: true })
}

/** Hints in the shape of `userAgentData`, from what apps without a browser say of their device. */
export function deviceHints(platform: Value, platformVersion: Value, model: Value): JsonObject | undefined {
  const hints: JsonObject = {
    platform: platformName(text(platform)) ?? null,
    platformVersion: id(platformVersion) ?? null,
    model: text(model) ?? null,
  }
  return members(hints, key => hints[key] !== null)
}

const platformName = (name: string | undefined): string | undefined =>
  name !== undefined && /^(iphone os|ipados)$/i.test(name) ? 'iOS' : name
