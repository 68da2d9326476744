// The contract of a raw event: one JSON object per record.
import { z } from 'zod'
import { isJsonObject, type JsonObject } from './json.ts'
import { keyedFault, maxKeyLength, maxKeys } from './keyed-limits.ts'

const text = (limit: number) => z.string().max(limit).nullish()
const instant = z.union([z.string(), z.number()]).nullish()
/** Pixels; zoomed browsers report fractions. */
const size = z.number().min(0).max(100_000).nullish()

/** User-supplied objects: kept as they are, bounded so that Elasticsearch's `flattened` takes them. */
export const boundedObject = z
  .custom<JsonObject>(isJsonObject, 'expected an object')
  .superRefine((object, context) => {
    const message = keyedFault(object)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })
  .meta({
    type: 'object',
    maxProperties: maxKeys,
    propertyNames: { minLength: 1, maxLength: maxKeyLength },
  })
const keyed = boundedObject.nullish()

const geo = z.object({
  country: z.object({ name: text(256), code: text(16) }).nullish(),
  city: text(256),
  county: text(256),
  region: text(256),
  postal: text(32),
  latitude: z.union([z.number(), z.string().max(32)]).nullish(),
  longitude: z.union([z.number(), z.string().max(32)]).nullish(),
  time_zone: text(64),
  asn: z.number().int().min(0).max(4_294_967_295).nullish(),
  as_org: text(256),
})

const context = z.object({
  ip: text(64),
  userAgent: text(8192),
  clientHints: z.custom<JsonObject>(isJsonObject, 'expected an object').meta({ type: 'object' }).nullish(),
  locale: text(64),
  timeZone: text(64),
  channel: text(128),
  aux: keyed,
  page: z.object({ url: text(8192), title: text(2048), referrer: text(8192) }).nullish(),
  screen: z
    .object({
      width: size,
      height: size,
      colorDepth: z.union([size, z.string().max(16)]).nullish(),
      orientation: text(64),
      touch: z.union([z.boolean(), size]).nullish(),
    })
    .nullish(),
  viewport: z.object({ width: size, height: size }).nullish(),
  utm: z
    .object({
      source: text(512),
      medium: text(512),
      campaign: text(512),
      term: text(512),
      content: text(512),
    })
    .nullish(),
  app: z.object({ type: text(64), name: text(256), version: text(128), language: text(64) }).nullish(),
  geo: geo.nullish(),
})

/** The contract of one Kafka value. Unknown fields are ignored; null is the same as absent. */
export const rawEventSchema = z.object({
  eventId: z
    .string()
    .min(1)
    .max(128)
    .describe('Identifies the event together with its time; a repeat of both counts once'),
  tabId: z
    .string()
    .min(1)
    .max(256)
    .describe('The browser tab; all events of a tab must reach one partition (key by it)'),
  type: z.string().min(1).max(64).describe('`page-view`, `search`, `conversion`, or any other name'),
  timestamp: instant.describe(
    'When it happened: ISO 8601 with offset, or epoch ms; without it, when it was received',
  ),
  receivedAt: instant.describe('When the collector got it'),
  sentAt: instant.describe(
    'Client clock when it was sent; with `receivedAt` it corrects a wrong client clock',
  ),
  query: text(2048).describe('The search text'),
  value: z.number().min(-1e9).max(1e9).nullish().describe('Of a conversion'),
  site: text(128).describe('Which site or application, where several share a topic'),
  profile: z
    .object({ id: z.string().min(1).max(256), primaryId: text(256), metadata: keyed })
    .nullish()
    .describe('Who it was; taken whole from the latest event that has one'),
  context: context.nullish().describe('Browser, page, device and campaign; every part optional'),
  properties: keyed.describe(
    'Merged into the session; per key the latest event wins, null removes. Up to 256 keys, and in one value up to 16,384 characters and 1,024 parts',
  ),
  traits: keyed.describe('As `properties`'),
  aux: keyed.describe('As `properties`'),
})

export type RawEvent = z.infer<typeof rawEventSchema>
export type EventContext = NonNullable<RawEvent['context']>
