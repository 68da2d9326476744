/**
 * Where a member's next batches begin. kafkajs keeps to itself what a fetch returned without a record (the
 * markers of transactions, records of aborted ones) and only moves its position: the batches of a handler
 * would not be contiguous, and a partition that ends in a marker would never be read to its end.
 */
export class KafkaPositions {
  /** `handled`: next offset that the handler has not seen. `fetched`: next one that kafkajs asks for. */
  readonly #partitions = new Map<number, { readonly handled: number; readonly fetched: number }>()

  /** A batch up to `next` was handled and committed. */
  committed(partition: number, next: number): void {
    this.#partitions.set(partition, { handled: next, fetched: next })
  }

  /** kafkajs passed over a fetch from `first` to before `next` that held no record. */
  passed(partition: number, first: number, next: number): void {
    const handled = this.#partitions.get(partition)?.handled ?? first
    this.#partitions.set(partition, { handled, fetched: next })
  }

  /** First offset of the batch that kafkajs fetched at `fetched`. */
  firstOffset(partition: number, fetched: number): number {
    const position = this.#partitions.get(partition)
    return position?.fetched === fetched ? position.handled : fetched
  }

  /** One past the last record, if the log ends in what was passed over. */
  end(partition: number, end: number): number {
    const position = this.#partitions.get(partition)
    return position?.fetched === end ? position.handled : end
  }

  /** After joining again kafkajs starts from the committed offsets. */
  clear(): void {
    this.#partitions.clear()
  }
}
