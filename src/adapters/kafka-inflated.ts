// What the decoders of compressed batches write into: it grows as needed, up to a limit, and repeats itself.

/** A batch that cannot be decompressed, whoever asks and however often. */
export class UnreadableBatchError extends Error {
  /** kafkajs's retrier asks for this: false ends the consumer instead of trying for ever. */
  readonly retriable = false

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UnreadableBatchError'
  }
}

export class Inflated {
  readonly #limit: number
  #bytes = Buffer.allocUnsafe(64 * 1024)
  #length = 0

  /** @param limit bytes; more is an UnreadableBatchError, as is everything else that cannot be */
  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#length
  }

  /** A view of what was written so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  append(source: Buffer, from: number, count: number): void {
    if (from + count > source.length) throw new UnreadableBatchError('compressed data end too early')
    this.#makeRoom(count)
    source.copy(this.#bytes, this.#length, from, from + count)
    this.#length += count
  }

  /** Appends `count` bytes from `distance` back. They may overlap what they make: 1 back repeats one byte. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.#length)
      throw new UnreadableBatchError('compressed data refer to what is before their start')
    this.#makeRoom(count)
    const end = this.#length + count
    const from = this.#length - distance
    // Each round copies all that there is since `from`, so that a long run takes few of them.
    while (this.#length < end) {
      const known = Math.min(this.#length - from, end - this.#length)
      this.#bytes.copyWithin(this.#length, from, from + known)
      this.#length += known
    }
  }

  #makeRoom(count: number): void {
    const needed = this.#length + count
    if (needed > this.#limit) throw tooLarge(this.#limit)
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(needed, this.#bytes.length * 2)))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

export function tooLarge(limit: number): UnreadableBatchError {
  return new UnreadableBatchError(`a compressed batch holds more than ${limit / 2 ** 20} MiB`)
}
