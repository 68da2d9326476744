// Looks after the geo databases of a running worker: takes new files, and tells of bad and of old ones.
import type { GeoDatabase, GeoFileChange, HeldGeoFile } from './adapters/mmdb-geo.ts'
import type { Clock } from './ports/clock.ts'
import type { GeoFigures, Telemetry } from './ports/telemetry.ts'

/** Addresses move: some percent of them in half a year. */
export const geoStaleAfterMs = 180 * 86_400_000
const dayMs = 86_400_000
const lookEveryMs = 10_000

/** Whether a file is so old that it should be replaced. */
export function isStale({ builtAtMs }: Pick<HeldGeoFile, 'builtAtMs'>, nowMs: number): boolean {
  return builtAtMs !== null && nowMs - builtAtMs > geoStaleAfterMs
}

export type GeoWatch = {
  /** One look at the files, as it is taken from time to time. */
  look(): Promise<void>
  stop(): void
}

/** Takes a look every ten seconds, and tells of old files at once and once a day. */
export function watchGeo(
  geo: GeoDatabase,
  telemetry: Telemetry,
  clock: Clock,
  everyMs = lookEveryMs,
): GeoWatch {
  let isBusy = false
  const toldAt = new Map<string, number>()

  function tellOld(): void {
    const now = clock.now()
    for (const file of geo.files)
      if (isStale(file, now) && now - (toldAt.get(file.path) ?? -Infinity) >= dayMs) {
        toldAt.set(file.path, now)
        telemetry({ kind: 'GeoDatabaseAged', path: file.path, days: daysOld(file, now) as number })
      }
  }

  async function look(): Promise<void> {
    if (isBusy) return
    isBusy = true
    try {
      for (const change of await geo.refresh()) tell(change)
    } finally {
      isBusy = false
    }
    tellOld()
  }

  function tell({ file, refused }: GeoFileChange): void {
    const { path, type } = file
    if (refused !== null) {
      telemetry({ kind: 'GeoDatabaseRefused', path, reason: refused })
      return
    }
    toldAt.delete(path)
    telemetry({ kind: 'GeoDatabaseReloaded', path, type, days: daysOld(file, clock.now()) })
  }

  tellOld()
  const timer = setInterval(() => void look(), everyMs)
  timer.unref()
  return { look, stop: () => clearInterval(timer) }
}

function daysOld({ builtAtMs }: HeldGeoFile, nowMs: number): number | null {
  return builtAtMs === null ? null : Math.floor((nowMs - builtAtMs) / dayMs)
}

/** Of the files that tell when they were built. */
export function geoFigures(geo: GeoDatabase, nowMs: number): readonly GeoFigures[] {
  return geo.files.flatMap(({ holds, builtAtMs }) =>
    builtAtMs === null ? [] : [{ holds, ageMs: nowMs - builtAtMs }],
  )
}
