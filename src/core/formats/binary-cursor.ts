// Reads the binary encoding of Avro (https://avro.apache.org/docs/1.12.0/specification/#binary-encoding), whose integers
// Protobuf's message indexes are written in, too. is read comes from anyone: nothing is allocated by a length that
// was not held against the bytes that are there.

/** The bytes are not what the schema says. */
export class PayloadFault extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** More than any event may have. */
const maxDepth = 64
/** Values for each byte: a record in a record in a record may share one. Some, such as null, take none at all. */
const valuesPerByte = 8
const valuesForNothing = 65_536

export class BinaryCursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #depth = 0
  #values: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#values = bytes.length * valuesPerByte + valuesForNothing
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** To be called for each field, item and entry: those that take no bytes may be claimed by the billion. */
  countValue(): void {
    if (--this.#values < 0) throw new PayloadFault('has more values than its bytes can hold')
  }

  /** Goes into a value that holds others. */
  enter(): void {
    if (++this.#depth > maxDepth) throw new PayloadFault(`is nested more than ${maxDepth} levels deep`)
  }

  leave(): void {
    this.#depth--
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new PayloadFault('ends too early')
    return this.#bytes[this.#at++] as number
  }

  /** A number where that is exact. */
  long(): number | bigint {
    let [sum, factor] = [0, 1]
    // Seven bytes hold 49 bits, which a double has room for.
    for (let i = 0; i < 7; i++) {
      const byte = this.byte()
      sum += (byte & 0x7f) * factor
      if (byte < 0x80) return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2
      factor *= 128
    }
    return this.#longer(BigInt(sum))
  }

  #longer(start: bigint): number | bigint {
    let sum = start
    for (let shift = 49n; shift <= 63n; shift += 7n) {
      const byte = this.byte()
      sum |= BigInt(byte & 0x7f) << shift
      if (byte >= 0x80) continue
      if (sum >= 2n ** 64n) break
      const value = (sum >> 1n) ^ -(sum & 1n)
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    throw new PayloadFault('has an integer of more than 64 bits')
  }

  /** A `long` that counts something, or is an index. */
  size(): number {
    const size = this.long()
    if (typeof size === 'bigint' || size < 0)
      throw new PayloadFault('has a length below zero, or far too large')
    return size
  }

  /** A view of so many bytes. */
  raw(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new PayloadFault('ends too early')
    const raw = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return raw
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at)
  }

  string(): string {
    try {
      return utf8.decode(this.raw(this.size()))
    } catch (error) {
      throw error instanceof PayloadFault ? error : new PayloadFault('has a string that is not UTF-8')
    }
  }

  float(): number {
    this.raw(4)
    return this.#view.getFloat32(this.#at - 4, true)
  }

  double(): number {
    this.raw(8)
    return this.#view.getFloat64(this.#at - 8, true)
  }
}
