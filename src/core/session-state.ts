// The part of a document that is only for merging on: which event each first and last field comes from,
// which events were met, and the few values that the document itself does not show.

import { type DedupeWindow, decodeWindow, encodeWindow } from './dedupe-window.ts'
import { encodeEngagement } from './engagement.ts'
import { isPosingIpad } from './enrichment/ipad.ts'
import { type Evidence, evidenceGroups } from './evidence.ts'
import type { Json, JsonObject } from './json.ts'
import type { KeyedValues } from './keyed-values.ts'
import type { Session } from './session.ts'
import type { Stamp, Stamped, StampedValue } from './stamp.ts'

/** Index into `stamps`. */
type StampIndex = number
type KeyStamps = readonly (readonly [key: string, stamp: StampIndex])[]

export type SessionState = {
  /** The distinct events that fields come from, as [event time, event id]; the first is the entry event. */
  readonly stamps: readonly (readonly [time: number, id: string])[]
  readonly fields: { readonly [field: string]: StampIndex }
  readonly keys: { readonly properties?: KeyStamps; readonly traits?: KeyStamps; readonly aux?: KeyStamps }
  readonly hashes: string
  readonly arrivals: readonly number[]
  /** Sum of conversion values in millionths, exact. Absent where it is 0. */
  readonly value?: string
  /** Stretches of attention after the first event: length, gap, length… in ms. Absent: one instant, or given up. */
  readonly engaged?: readonly number[]
  /** Cells of the ids in `operation.merge`, in that order. */
  readonly absorbed?: readonly number[]
  readonly time_zone?: string
  readonly locale?: string
  readonly app_language?: string | null
  /** What the screen and the user agent say about touch. */
  readonly touch?: readonly [screen: boolean | null, agent: boolean | null]
  /** The version of macOS that an iPad claims, which the screen has given away. */
  readonly mac_version?: string
}

/** Fields that carry a stamp besides evidence and keys. */
const stampedFields = ['profile', 'lastQuery', 'entryPage', 'exitPage'] as const

export function encodeState(session: Session): SessionState {
  const table = new StampTable()
  table.indexOf(session.entry.stamp)
  const fields: Record<string, StampIndex> = {}
  for (const group of evidenceGroups) {
    const held = session.evidence[group]
    if (held !== undefined) fields[group] = table.indexOf(held.stamp)
  }
  for (const field of stampedFields) {
    const held = session[field]
    if (held !== undefined) fields[field] = table.indexOf(held.stamp)
  }
  const keys: Mutable<SessionState['keys']> = {}
  if (session.properties) keys.properties = keyStamps(session.properties, table)
  if (session.traits) keys.traits = keyStamps(session.traits, table)
  if (session.aux) keys.aux = keyStamps(session.aux, table)
  const { hashes, arrivals } = encodeWindow(session.window)
  const state: Mutable<SessionState> = { stamps: table.stamps, fields, keys, hashes, arrivals }
  if (session.conversionValue !== 0n) state.value = String(session.conversionValue)
  const engaged = encodeEngagement(session)
  if (engaged) state.engaged = engaged
  if (session.absorbed.length > 0) state.absorbed = session.absorbed.map(key => key.cellStart)
  addHiddenEvidence(state, session.evidence)
  return state
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** What the document does not show, or not as it came. */
function addHiddenEvidence(
  state: Mutable<SessionState>,
  { timeZone, app, locale, screen, agent }: Evidence,
): void {
  const facts = agent?.facts
  if (timeZone) state.time_zone = timeZone.value
  if (app) state.app_language = app.value.language
  if (app && locale) state.locale = locale.value
  if (screen === undefined) return
  state.touch = [screen.value.touch, facts?.device.touch ?? null]
  if (facts !== undefined && isPosingIpad(facts, screen.value.touch)) state.mac_version = facts.os.version
}

/** Up to this many are looked through faster than a map is made. */
const fewStamps = 16

/** Fields that come from one event share its stamp, so stamps are told apart by identity. */
class StampTable {
  readonly stamps: [number, string][] = []
  readonly #held: Stamp[] = []
  #indices: Map<Stamp, StampIndex> | undefined

  indexOf(stamp: Stamp): StampIndex {
    const known = this.#indices === undefined ? this.#held.indexOf(stamp) : (this.#indices.get(stamp) ?? -1)
    return known === -1 ? this.#add(stamp) : known
  }

  #add(stamp: Stamp): StampIndex {
    const index = this.#held.push(stamp) - 1
    this.stamps.push([stamp.time, stamp.id])
    if (this.#indices !== undefined) this.#indices.set(stamp, index)
    else if (index === fewStamps) this.#indices = new Map(this.#held.map((held, i) => [held, i]))
    return index
  }
}

function keyStamps(values: KeyedValues, table: StampTable): KeyStamps {
  const stamps: [string, StampIndex][] = []
  for (const [key, { stamp }] of values) stamps.push([key, table.indexOf(stamp)])
  return stamps
}

/** Reads a state: stamps by field, keyed values, and the window. */
export function stateReader(state: SessionState) {
  const stamps = state.stamps.map(([time, id]): Stamp => ({ time, id }))
  const stampAt = (index: StampIndex): Stamp => stamps[index] as Stamp
  const stamped = <T extends Stamped>(field: string, make: (stamp: Stamp) => T): T | undefined => {
    const index = state.fields[field]
    return index === undefined ? undefined : make(stampAt(index))
  }
  return {
    entry: stampAt(0),
    /** What is made with the stamp that the state holds for the field; undefined if it holds none. */
    stamped,
    stampedValue: <T>(field: string, value: () => T): StampedValue<T> | undefined =>
      stamped(field, stamp => ({ stamp, value: value() })),
    /** A key without a value in the document was removed. */
    keyed(stampsOfKeys: KeyStamps | undefined, object: JsonObject): KeyedValues | undefined {
      if (stampsOfKeys === undefined) return undefined
      const held = (key: string): Json => (Object.hasOwn(object, key) ? (object[key] as Json) : null)
      return new Map(stampsOfKeys.map(([key, index]) => [key, { stamp: stampAt(index), value: held(key) }]))
    },
    window: (): DedupeWindow => decodeWindow(state),
  }
}
