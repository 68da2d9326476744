// How much memory a session takes: most take little, but users may supply large objects, and a session of a thousand
// events, or of a thousand former ids, has a long list of them.
import type { KeyedValues } from './keyed-values.ts'
import type { Session } from './session.ts'

/** What is of much the same size in all of them. */
const commonBytes = 1_200
const absorbedBytes = 150
const numberBytes = 8

/** About how many bytes it takes. */
export function sizeOf(session: Session): number {
  const { entry, entryPage, exitPage, profile, properties, traits, aux, window, absorbed } = session
  const texts = JSON.stringify([entry, entryPage, exitPage, profile])
  const supplied = keyedSize(properties) + keyedSize(traits) + keyedSize(aux)
  const lists = window.length * numberBytes + absorbed.length * absorbedBytes
  return commonBytes + texts.length + supplied + lists
}

const keyedSize = (values: KeyedValues | undefined): number =>
  values === undefined ? 0 : JSON.stringify([...values]).length
