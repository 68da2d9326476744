import { autoFormat } from './auto.ts'
import type { Format } from './format.ts'
import { nativeFormat } from './native.ts'
import { posthogFormat } from './posthog.ts'
import { rudderstackFormat } from './rudderstack.ts'
import { segmentFormat } from './segment.ts'
import { snowplowFormat } from './snowplow.ts'
import { tracardiFormat } from './tracardi.ts'

/** What EVENT_FORMAT may be. */
export const eventFormats = {
  native: nativeFormat,
  segment: segmentFormat,
  rudderstack: rudderstackFormat,
  posthog: posthogFormat,
  snowplow: snowplowFormat,
  tracardi: tracardiFormat,
  auto: autoFormat,
} as const satisfies Readonly<Record<string, Format>>

export type EventFormatName = keyof typeof eventFormats

export const eventFormatNames = Object.keys(eventFormats) as EventFormatName[]
