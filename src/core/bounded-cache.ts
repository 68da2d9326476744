/** A map that never holds more than its capacity; what has not been asked for lately is the first to go. */
export type BoundedCache<K, V> = {
  /** The value, or undefined when it was never set or has been dropped. */
  readonly get: (key: K) => V | undefined
  readonly set: (key: K, value: V) => void
  readonly size: () => number
}

/**
 * Two generations instead of a linked list: when the young one holds half the capacity it becomes the old one
 * and the old one is dropped whole. A hit in the old generation puts the entry into the young one as well, so what is
 * in use survives. As many hits a second as a plain Map, where an exact least-recently-used list costs
 * a deletion and an insertion for every hit.
 *
 * @param capacity entries in both generations together, at least 2
 */
export function boundedCache<K, V extends NonNullable<unknown> | null>(capacity: number): BoundedCache<K, V> {
  const generationSize = Math.max(1, Math.floor(capacity / 2))
  let young = new Map<K, V>()
  let old = new Map<K, V>()

  function set(key: K, value: V): void {
    if (young.size >= generationSize && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  function get(key: K): V | undefined {
    const recent = young.get(key)
    if (recent !== undefined) return recent
    const value = old.get(key)
    if (value !== undefined) set(key, value)
    return value
  }

  return { get, set, size: () => young.size + old.size }
}
