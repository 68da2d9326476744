/** A place in a log. `offset` is one past a record; what follows is that record's. `timestamp` is epoch ms. */
export type Position = {
  readonly topic: string | null
  readonly epoch: number
  readonly partition: number
  readonly offset: number
  readonly timestamp: number | null
  /** What it was written in, and where in it the tab id was found. A control record has neither. */
  readonly format?: string
  readonly tabIdFrom?: string
}

/** Whether `a` is before `b`: a log of an earlier epoch was read to its end before the next began. */
export function isBehind(a: Position, b: Position): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.offset < b.offset)
}
