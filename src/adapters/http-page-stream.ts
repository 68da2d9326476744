// Server-sent events to all who look. One who is too slow to take them gets no more until it has, and then all anew.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { PageFeed, PageMessage } from '../ports/page-feed.ts'

export type StreamLimits = {
  readonly everyMs: number
  /** With more than this unsent, besides the snapshot, one is behind. */
  readonly maxWaitingBytes: number
  readonly watchers: number
}

export const streamLimits: StreamLimits = { everyMs: 200, maxWaitingBytes: 4 * 1024 * 1024, watchers: 16 }
const heartbeatMs = 5_000

type Watcher = {
  readonly response: ServerResponse
  /**
   * Of the latest snapshot. Full lanes have several megabytes: counted as news, one would be behind at once, and again
   * with the snapshot after it, and never hear of anything new.
   */
  snapshotBytes: number
  isBehind: boolean
}

export class PageStream {
  readonly #feed: PageFeed
  readonly #limits: StreamLimits
  readonly #watchers = new Set<Watcher>()
  #timer: NodeJS.Timeout | undefined
  #toldAt = 0

  constructor(feed: PageFeed, limits: StreamLimits = streamLimits) {
    this.#feed = feed
    this.#limits = limits
  }

  connect(response: ServerResponse, headers: OutgoingHttpHeaders): void {
    if (this.#watchers.size >= this.#limits.watchers) {
      response.writeHead(503, { ...headers, 'content-type': 'text/plain', 'retry-after': '5' })
      response.end('too many are looking\n')
      return
    }
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
    if (response.req.method === 'HEAD') {
      response.end()
      return
    }
    // Those who look already are told first; what the newcomer's snapshot has is no news.
    if (this.#watchers.size > 0) this.#tell()
    else this.#feed.changes()
    const watcher = { response, snapshotBytes: 0, isBehind: false }
    this.#watchers.add(watcher)
    response.on('close', () => this.#leave(watcher))
    response.write('retry: 1000\n\n')
    this.#tellAll(watcher)
    this.#timer ??= setInterval(() => this.#tell(), this.#limits.everyMs).unref()
  }

  close(): void {
    for (const { response } of this.#watchers) response.end()
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tell(): void {
    if (this.#watchers.size === 0) return
    const text = this.#news()
    for (const watcher of this.#watchers) {
      const { response, snapshotBytes } = watcher
      if (response.writableLength > snapshotBytes + this.#limits.maxWaitingBytes) watcher.isBehind = true
      if (!watcher.isBehind) {
        if (text !== '') response.write(text)
      } else if (response.writableLength === 0) {
        watcher.isBehind = false
        this.#tellAll(watcher)
      }
    }
  }

  #tellAll(watcher: Watcher): void {
    const snapshot = Buffer.from(encoded(this.#feed.snapshot()))
    watcher.snapshotBytes = snapshot.length
    watcher.response.write(snapshot)
  }

  /** A line without a meaning where there was none for long: so a connection that is dead shows. */
  #news(): string {
    const changes = this.#feed.changes()
    const now = performance.now()
    if (changes.length === 0 && now - this.#toldAt < heartbeatMs) return ''
    this.#toldAt = now
    return changes.length === 0 ? ':\n\n' : encoded(changes)
  }
}

const encoded = (messages: readonly PageMessage[]): string =>
  messages.map(message => `data: ${JSON.stringify(message)}\n\n`).join('')
