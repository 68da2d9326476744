// How much memory a session takes: most take little, but users may supply large objects, and a session of a thousand
// events, or of a thousand former ids, has a long list of them.
import type { Page } from './enrichment/attribution.ts'
import type { Json } from './json.ts'
import type { KeyedValues } from './keyed-values.ts'
import type { Session } from './session.ts'

/** What is of much the same size in all of them. */
const commonBytes = 1_200
const absorbedBytes = 150
const numberBytes = 8
/** Its place in a map, and the stamp that it may not share. */
const keyBytes = 150

/** About how many bytes it takes. Asked of each session that closes, so it looks at no more than may be large. */
export function sizeOf(session: Session): number {
  const { entry, entryPage, exitPage, profile, properties, traits, aux, window, absorbed } = session
  const pages = sizeOfPage(entryPage) + (exitPage === entryPage ? 0 : sizeOfPage(exitPage))
  const supplied = jsonSize(entry.aux) + jsonSize(profile?.value.metadata)
  const keyed = keyedSize(properties) + keyedSize(traits) + keyedSize(aux)
  const lists = window.length * numberBytes + absorbed.length * absorbedBytes
  return commonBytes + textSize(entry.referrer) + pages + supplied + keyed + lists
}

const textSize = (text: string | null): number => text?.length ?? 0
const jsonSize = (value: Json | undefined): number => (value == null ? 0 : JSON.stringify(value).length)
const sizeOfPage = (page: Page | undefined): number =>
  page === undefined ? 0 : page.url.length + textSize(page.title)

function keyedSize(values: KeyedValues | undefined): number {
  let bytes = 0
  if (values === undefined) return bytes
  for (const [key, { value }] of values) {
    bytes += keyBytes + key.length
    if (typeof value === 'string') bytes += value.length
    else if (typeof value === 'object') bytes += jsonSize(value)
  }
  return bytes
}
