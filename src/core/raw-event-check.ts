// Whether a value is a raw event, asked of every record. zod copies what it checks, and takes six times as long as the
// same contract as a compiled JSON Schema. So that decides for what is right, and zod for all else: it has the words.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { isJsonObject } from './json.ts'
import { keyedFault } from './keyed-limits.ts'
import { type RawEvent, rawEventSchema } from './raw-event.ts'
import { rawEventJsonSchema, type SchemaNode } from './raw-event-json-schema.ts'

/** What JSON Schema has no word for. */
const bounded = 'bounded'

/** For the tests: what it refuses is asked of zod again. */
export function fitsCompiled(value: unknown): boolean {
  compiled ??= compile()
  return compiled(value)
}

// Not at the start: it takes 40 ms, and most commands check no event.
let compiled: ((value: unknown) => boolean) | undefined

function compile(): (value: unknown) => boolean {
  // `unicode`: a text is measured in UTF-16 units, of which each has its number. That is never fewer than the characters
  // that zod counts, which is asked about all that is refused here. It is called deprecated, which the logger would say.
  const ajv = new Ajv2020({ unicode: false, allowUnionTypes: true, logger: false })
  ajv.addKeyword({
    keyword: bounded,
    validate: (_: true, value: unknown) => !isJsonObject(value) || keyedFault(value) === null,
  })
  return ajv.compile(withoutBranches(rawEventJsonSchema(bounded)))
}

/**
 * Alternatives that differ in their type as one schema of several types: each keyword is for one type anyway. Of
 * alternatives, the check would make an error for each that does not fit, also where another does.
 */
function withoutBranches({ anyOf = [], properties, ...rest }: SchemaNode): SchemaNode {
  if (anyOf.length > 0) {
    const alternatives = anyOf.map(withoutBranches)
    const type = alternatives.flatMap(alternative => alternative.type ?? [])
    return Object.assign({}, rest, ...alternatives, { type: [...new Set(type)] })
  }
  if (properties === undefined) return rest
  const entries = Object.entries(properties).map(([name, node]) => [name, withoutBranches(node)])
  return { ...rest, properties: Object.fromEntries(entries) }
}

/** Fields that the contract does not know may be there still. */
export function isRawEvent(value: unknown): value is RawEvent {
  return fitsCompiled(value) || rawEventSchema.safeParse(value).success
}

/**
 * A value without those parts of its context that make it no raw event; null if others do. Page, campaign and the like
 * are details that an event is worth something without.
 */
export function withoutDetails(value: object): object | null {
  const faults = rawEventSchema.safeParse(value).error?.issues ?? []
  const paths = faults.map(({ path }) => path.map(String))
  if (paths.some(([first, second]) => first !== 'context' || second === undefined)) return null
  return paths.reduce<object>((left, path) => without(left, path), value)
}

function without(value: object, [name = '', ...path]: readonly string[]): object {
  const { [name]: part, ...others } = value as Record<string, unknown>
  if (path.length === 0 || !isJsonObject(part)) return others
  const rest = without(part, path)
  // A group without anything in it would still say something.
  return Object.values(rest).every(value => value === undefined) ? others : { ...others, [name]: rest }
}

/** Paths and expectations of the first faults. Never the values: they may be personal data. */
export function faultsOf(value: unknown): string {
  const faults = rawEventSchema.safeParse(value).error?.issues ?? []
  const told = faults.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'event'}: ${said(message)}`)
  const more = faults.length - told.length
  return told.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

const said = (message: string): string => (message.endsWith('received undefined') ? 'is missing' : message)
