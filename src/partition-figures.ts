// The figures of a worker's partitions, for whoever watches it: what is in memory, and how far the log has grown.
import type { EventSource } from './ports/event-source.ts'
import type { PartitionFigures } from './ports/telemetry.ts'
import type { Worker } from './worker.ts'

export type FigureReader = {
  /** As of now; the lag as of the last time that the broker was asked for the end of the log. */
  read(): PartitionFigures[]
  stop(): void
}

/**
 * Asks for the ends of the logs every so often, beside the batches: a lag that was taken from the batches would
 * stand still with them.
 */
export function readFigures(worker: Worker, source: EventSource, everyMs: number): FigureReader {
  const ends = new Map<number, number>()
  let isBusy = false
  async function askForEnds(): Promise<void> {
    for (const { number } of [...worker.partitions]) ends.set(number, (await source.bounds(number)).end)
  }
  const timer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    const done = () => {
      isBusy = false
    }
    // Trouble is waited out by the source. What cannot heal ends the worker, which asks for the same.
    askForEnds().then(done, done)
  }, everyMs)
  timer.unref()
  return { read: () => figuresOf(worker, ends), stop: () => clearInterval(timer) }
}

function figuresOf(worker: Worker, ends: ReadonlyMap<number, number>): PartitionFigures[] {
  return Array.from(worker.partitions, ({ number, sessions, committed, newestRecordAt }) => {
    const end = ends.get(number)
    const watermark = sessions?.watermark ?? null
    return {
      partition: number,
      openSessions: sessions?.openCount ?? 0,
      // The end was asked for a moment ago; what was committed since may be beyond it.
      lag: end === undefined || committed === null ? null : Math.max(0, end - committed),
      watermark: watermark !== null && Number.isFinite(watermark) ? watermark : null,
      newestRecordAt,
    }
  })
}
