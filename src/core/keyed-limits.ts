// Bounds on the objects that users supply: `properties`, `traits`, `aux` and profile metadata.
//
// Elasticsearch's `flattened` refuses a document for one term over 32,766 bytes, one key with a NUL, or one level
// too many, so none of that is let in. And a session keeps many keys of many events: without a bound on each value
// one tab could grow a document that no request and no string can hold. The bound is per value, not on their sum,
// since a sum would make what is kept depend on the order of arrival.
import type { Json, JsonObject } from './json.ts'

export const maxKeys = 256
export const maxKeyLength = 256
/** Characters of all texts and keys within one value. */
const maxValueLength = 16_384
/** Objects, arrays and what they hold, within one value. */
const maxValueParts = 1024

type Room = { characters: number; parts: number }

/** What is wrong with such an object, or null. Names no key and no value: they may be personal data. */
export function keyedFault(object: JsonObject): string | null {
  const keys = Object.keys(object)
  if (keys.length > maxKeys) return `has more than ${maxKeys} keys`
  for (const key of keys) {
    const room = { characters: maxValueLength, parts: maxValueParts }
    const fault = keyFault(key) ?? valueFault(object[key] as Json, room)
    if (fault !== null) return fault
  }
  return null
}

function keyFault(key: string): string | null {
  if (key.length === 0) return 'has an empty key'
  if (key.length > maxKeyLength) return `has a key over ${maxKeyLength} characters`
  return key.includes('\0') ? 'has a key with a NUL' : null
}

function valueFault(value: Json, room: Room): string | null {
  // JSON may say 1e400, which is infinite here and would be null in the document.
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'has a number that no double can hold'
  if (typeof value === 'string') return textFault(value, room)
  if (typeof value !== 'object' || value === null) return null
  return Array.isArray(value) ? itemsFault(value, room) : membersFault(value as JsonObject, room)
}

function textFault(text: string, room: Room): string | null {
  room.characters -= text.length
  return room.characters < 0 ? `has a value with more than ${maxValueLength} characters of text` : null
}

function partsFault(count: number, room: Room): string | null {
  room.parts -= count
  return room.parts < 0 ? `has a value of more than ${maxValueParts} parts` : null
}

function itemsFault(items: readonly Json[], room: Room): string | null {
  const tooMany = partsFault(items.length, room)
  if (tooMany !== null) return tooMany
  for (const item of items) {
    const fault = valueFault(item, room)
    if (fault !== null) return fault
  }
  return null
}

function membersFault(object: JsonObject, room: Room): string | null {
  const keys = Object.keys(object)
  const tooMany = partsFault(keys.length, room)
  if (tooMany !== null) return tooMany
  for (const key of keys) {
    const fault = keyFault(key) ?? textFault(key, room) ?? valueFault(object[key] as Json, room)
    if (fault !== null) return fault
  }
  return null
}
