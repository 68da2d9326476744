// Where a field of a mapped event comes from: pointers and constants, the first of them that is there.
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { digits, number, utcTime } from './fields.ts'

type Alternative = {
  /** The pointer, or the word `constant`. */
  readonly name: string
  readonly steps: readonly string[] | null
  readonly constant: Json
}

export type CompiledSource = {
  readonly alternatives: readonly Alternative[]
  /** What stands in place of values that a producer has other words for. */
  readonly values: JsonObject | null
  /** What its times are counted in; null for what a raw event's are. */
  readonly unit: TimeUnit | null
  readonly target: TargetKind
}

/** Numbers become text where the event has text, and the other way round; of a time, `as` may say how it is written. */
export type TargetKind = 'text' | 'number' | 'time' | 'other'

/** Milliseconds of each; `utc` is a text without an offset that means UTC. */
const units = { seconds: 1_000, milliseconds: 1, microseconds: 1e-3, nanoseconds: 1e-6, utc: null }
type TimeUnit = keyof typeof units
const unitNames = Object.keys(units).join(', ')

const isTimeUnit = (name: Json): name is TimeUnit => typeof name === 'string' && Object.hasOwn(units, name)

/** `"/a/b"`, `{"constant": …}`, `{"from": …, "values": {…}}`, `{"from": …, "as": …}`, or a list of the first two. */
export const isSource = (given: Json): boolean =>
  !isJsonObject(given) || Object.hasOwn(given, 'constant') || Object.hasOwn(given, 'from')

export function compileSource(given: Json, target: TargetKind): CompiledSource | { readonly fault: string } {
  const isTranslated = isJsonObject(given) && Object.hasOwn(given, 'from')
  const { from, values = null, as = null, ...others } = isTranslated ? (given as JsonObject) : { from: given }
  if (Object.keys(others).length > 0)
    return { fault: 'has more than `from` and `values`, or `from` and `as`' }
  if (values !== null && !isJsonObject(values)) return { fault: '`values`: expected an object' }
  if (as !== null && target !== 'time') return { fault: '`as`: only a time may have it' }
  if (as !== null && !isTimeUnit(as)) return { fault: `\`as\`: expected one of ${unitNames}` }
  const listed = Array.isArray(from) ? (from as readonly Json[]) : [from as Json]
  if (listed.length === 0) return { fault: 'has an empty list' }
  const alternatives = listed.map(alternativeOf)
  const fault = alternatives.find(alternative => typeof alternative === 'string')
  if (typeof fault === 'string') return { fault }
  const known = alternatives as Alternative[]
  if (known.slice(0, -1).some(({ steps }) => steps === null))
    return { fault: 'has something behind a constant, which is never looked for' }
  return { alternatives: known, values: values as JsonObject | null, unit: as as TimeUnit | null, target }
}

/** What it may give that is written in the map itself. */
export const constantsOf = ({ alternatives, values }: CompiledSource): readonly Json[] => [
  ...alternatives.filter(({ steps }) => steps === null).map(({ constant }) => constant),
  ...Object.values(values ?? {}),
]

function alternativeOf(given: Json): Alternative | string {
  if (typeof given === 'string') return pointerOf(given)
  if (!isJsonObject(given) || !Object.hasOwn(given, 'constant'))
    return 'expected a JSON Pointer, {"constant": …}, {"from": …, "values": {…}}, or a list'
  if (Object.keys(given).length > 1) return 'has more than `constant`'
  return { name: 'constant', steps: null, constant: given.constant as Json }
}

/** RFC 6901. */
function pointerOf(pointer: string): Alternative | string {
  if (pointer !== '' && !pointer.startsWith('/')) return 'expected a JSON Pointer, which begins with `/`'
  if (/~(?![01])/.test(pointer)) return 'has a `~` that is neither `~0` nor `~1`'
  const steps = pointer.split('/').slice(1)
  return {
    name: pointer,
    steps: steps.map(step => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    constant: null,
  }
}

/** The first value that is there, and where it was. Null counts as absent, as in a raw event. */
export function take(
  source: CompiledSource,
  record: JsonObject,
): { readonly value: Json; readonly from: string } | null {
  for (const { name, steps, constant } of source.alternatives) {
    const value = steps === null ? constant : lookUp(record, steps)
    if (value == null) continue
    const word = wordFor(value, source.values)
    if (word !== undefined) return { value: word, from: name }
    // What is written in the map is written as an event has it.
    return { value: steps === null ? value : converted(value, source), from: name }
  }
  return null
}

function lookUp(record: JsonObject, steps: readonly string[]): Json | undefined {
  let at: Json | undefined = record
  for (const step of steps) {
    if (Array.isArray(at)) at = /^(0|[1-9]\d*)$/.test(step) ? at[Number(step)] : undefined
    else at = isJsonObject(at) && Object.hasOwn(at, step) ? at[step] : undefined
    if (at === undefined) return undefined
  }
  return at
}

const wordFor = (value: Json, values: JsonObject | null): Json | undefined =>
  values !== null && typeof value !== 'object' && Object.hasOwn(values, String(value))
    ? values[String(value)]
    : undefined

/** What cannot be converted is left to the contract to judge. */
function converted(value: Json, { unit, target }: CompiledSource): Json {
  if (unit !== null) return inUnit(value, unit)
  if (target === 'text' && typeof value === 'number') return digits(value) ?? value
  return target === 'number' && typeof value === 'string' ? (number(value) ?? value) : value
}

/** What is no such time is left to the contract to judge. */
function inUnit(value: Json, unit: TimeUnit): Json {
  const unitMs = units[unit]
  if (unitMs === null) return utcTime(value) ?? value
  const isCount =
    typeof value === 'number' || (typeof value === 'string' && /^\d{1,19}(\.\d{1,9})?$/.test(value))
  // To a thousandth first: as a double, 1.001 s are a little less than 1,001 ms.
  return isCount ? Math.floor(Number((Number(value) * unitMs).toFixed(3))) : value
}
