/**
 * A copy of a JSON value whose texts are their own. V8 keeps a slice of a text as a reference into it: that holds all
 * of a URL or user agent in memory for a part of it, and `JSON.stringify` leaves its fast way for the whole document
 * that has such a text, which then takes two and a half times as long.
 */
export function withFlatTexts<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
