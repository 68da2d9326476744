// A message that repeats is told once per interval; how many were left out is told with the next one.

/** What became of the messages of one kind since the last one that was told. */
type Spell = { until: number; leftOut: number }

export class Repeats<K extends string> {
  readonly #intervalMs: number
  readonly #spells = new Map<K, Spell>()

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  /** How many were left out before this one, which shall be told; null: leave it out too. */
  admit(kind: K, nowMs: number): number | null {
    const spell = this.#spells.get(kind)
    if (spell !== undefined && nowMs < spell.until) {
      spell.leftOut++
      return null
    }
    this.#spells.set(kind, { until: nowMs + this.#intervalMs, leftOut: 0 })
    return spell?.leftOut ?? 0
  }

  /** What was left out and has not been told, of spells that are over; of all with Infinity. */
  due(nowMs: number): { readonly kind: K; readonly leftOut: number }[] {
    const over = [...this.#spells].filter(([, { until }]) => until <= nowMs)
    for (const [kind] of over) this.#spells.delete(kind)
    return over.flatMap(([kind, { leftOut }]) => (leftOut > 0 ? [{ kind, leftOut }] : []))
  }
}
