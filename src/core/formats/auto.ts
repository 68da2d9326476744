// One topic for producers of several formats. A record is recognised by marks that no other format has; where they are
// missing, nothing is guessed.
import type { JsonObject } from '../json.ts'
import { deadLetter, ok } from '../outcome.ts'
import type { Format } from './format.ts'
import { nativeFormat, unmapped } from './native.ts'
import { isPosthog, posthogFormat } from './posthog.ts'
import { isRudderstack, rudderstackFormat } from './rudderstack.ts'
import { isSegment, segmentFormat } from './segment.ts'
import { isSnowplow, snowplowFormat } from './snowplow.ts'
import { parseSnowplowTsv } from './snowplow-tsv.ts'
import { isTracardi, tracardiFormat } from './tracardi.ts'

/** What each record has of the one format and of no other. */
const marks: readonly (readonly [(value: JsonObject) => boolean, Format])[] = [
  [value => typeof value.tabId === 'string', nativeFormat],
  [isSnowplow, snowplowFormat],
  [isRudderstack, rudderstackFormat],
  [message => isSegment(message) && !isRudderstack(message), segmentFormat],
  [isPosthog, posthogFormat],
  [isTracardi, tracardiFormat],
]

export const autoFormat: Format = {
  name: 'auto',
  tabIdChain: [],
  parse: parseSnowplowTsv,
  map(value) {
    const [format, ...others] = marks.filter(([hasMarks]) => hasMarks(value)).map(([, format]) => format)
    if (format === undefined || others.length > 0)
      return deadLetter('invalid-event', 'auto: the record has the marks of no format, or of several')
    if (format.map !== null) return format.map(value)
    return ok(unmapped(value))
  },
}
