// Who hears what a worker tells, and who is answered about it: log, metrics, readiness.
import { type HttpPage, httpPage } from '../adapters/http-page.ts'
import type { Status } from '../adapters/http-status.ts'
import { createLogger, type LogFormat, pinoTelemetry } from '../adapters/pino-telemetry.ts'
import { prometheusMetrics } from '../adapters/prometheus-metrics.ts'
import { buildInfo } from '../build-info.ts'
import { LiveWorker } from '../live/live-worker.ts'
import type { FigureReader } from '../partition-figures.ts'
import { type GeoFigures, type Telemetry, tellAll } from '../ports/telemetry.ts'
import { trackReadiness } from '../readiness.ts'
import type { Worker } from '../worker.ts'
import { systemClock } from './finite-run.ts'

/** One for each process; the worker is not there yet when it begins. */
export type Watch = {
  readonly telemetry: Telemetry
  readonly status: Status
  /** Null where it is not wanted. */
  readonly page: HttpPage | null
  /** Where the ages of the geo databases are asked for from now on. */
  followGeo(read: () => readonly GeoFigures[]): void
  /** From now on it is this worker that is asked. */
  follow(worker: Worker, figures: FigureReader): void
}

export type WatchOptions = {
  readonly logLevel: string
  readonly logFormat: LogFormat
  /** What the page is headed with; null for no page. */
  readonly pageTitle: string | null
}

export async function watchFor({ logLevel, logFormat, pageTitle }: WatchOptions): Promise<Watch> {
  let worker: Worker | null = null
  let figures: FigureReader | null = null
  let geo: () => readonly GeoFigures[] = () => []
  const metrics = prometheusMetrics({
    partitions: () => figures?.read() ?? [],
    geo: () => geo(),
    build: buildInfo(),
  })
  const readiness = trackReadiness(() => worker?.waitsFor ?? null)
  const log = pinoTelemetry(
    await createLogger({ level: logLevel, format: logFormat, isTerminal: process.stdout.isTTY }),
  )
  const live =
    pageTitle === null
      ? null
      : new LiveWorker({
          title: pageTitle,
          version: buildInfo().version,
          partitions: () => figures?.read() ?? [],
          notReady: readiness.notReady,
          clock: systemClock,
        })
  return {
    telemetry: tellAll(log, metrics.telemetry, readiness.telemetry, ...(live ? [live.telemetry] : [])),
    page: live && httpPage({ feed: live, isLocal: false }),
    status: { notReady: readiness.notReady, metrics: metrics.text, metricsType: metrics.contentType },
    followGeo(read) {
      geo = read
    },
    follow(itsWorker, itsFigures) {
      worker = itsWorker
      figures = itsFigures
    },
  }
}
