// What has come of a stream, read ahead while the handler works.
import type { Readable } from 'node:stream'

/** The stream waits when this much is read ahead. */
const aheadBytes = 1024 * 1024

/** A slow input is waited for this long, so that a few lines in a pipe make one batch and not many. */
const lingerMs = 100

export class Arrivals {
  readonly #input: Readable
  #chunks: Buffer[] = []
  #bytes = 0
  #isOver = false
  #failure: Error | null = null
  #wake = (): void => {}

  constructor(input: Readable) {
    this.#input = input
    input.on('data', (chunk: Buffer | string) => this.#take(chunk))
    input.on('end', () => this.#end(null))
    input.on('error', error => this.#end(error))
    // A stream that was destroyed does not end; whoever destroyed it knows. One that already was tells nothing.
    input.on('close', () => this.#end(null))
    if (input.destroyed || input.readableEnded) this.#end(input.errored)
  }

  /**
   * A batch's worth of a fast input; of a slow one what has come, at least something. Null at the end.
   * Rejects with what the stream failed with, after all that came before it.
   */
  async next(): Promise<{ readonly chunks: readonly Buffer[]; readonly isSlow: boolean } | null> {
    await this.#until(() => this.#bytes > 0, null)
    await this.#until(() => this.#bytes >= aheadBytes, lingerMs)
    if (this.#bytes === 0) {
      if (this.#failure !== null) throw this.#failure
      return null
    }
    const taken = { chunks: this.#chunks, isSlow: this.#bytes < aheadBytes }
    this.#chunks = []
    this.#bytes = 0
    this.#input.resume()
    return taken
  }

  #take(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes >= aheadBytes) this.#input.pause()
    this.#wake()
  }

  #end(failure: Error | null): void {
    this.#isOver = true
    this.#failure ??= failure
    this.#wake()
  }

  /** Resolves when the condition holds, nothing more can come, or time is up. */
  #until(condition: () => boolean, timeoutMs: number | null): Promise<void> {
    if (condition() || this.#isOver) return Promise.resolve()
    return new Promise(resolve => {
      const finish = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
      const timer = timeoutMs === null ? undefined : setTimeout(finish, timeoutMs)
      this.#wake = () => {
        if (condition() || this.#isOver) finish()
      }
    })
  }
}
