// Reads the tests of other projects, from a checkout of each, as rows of labels. A label that has no counterpart in the
// document (an e-reader, a made-up brand, a version that the source itself is not sure of) is left out.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Labels, Row } from './corpus.ts'

// biome-ignore lint/suspicious/noExplicitAny: other people's files, read once
type Loose = any

const yamlFiles = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.ya?ml$/.test(name))
    .sort()
    .map(name => join(directory, name))

const read = (path: string): Loose => parse(readFileSync(path, 'utf8'), { strict: false, logLevel: 'silent' })

const text = (value: unknown): string | undefined =>
  value === null || value === undefined || value === '' ? undefined : String(value)

function row(ua: string, labels: { [K in keyof Labels]: Labels[K] | undefined }, hints?: Row['hints']): Row {
  const known = Object.entries(labels).filter(([, value]) => value !== undefined)
  return { ua, ...(hints && Object.keys(hints).length > 0 && { hints }), ...Object.fromEntries(known) }
}

/** https://github.com/ua-parser/uap-core: `tests/test_{ua,os,device}.yaml`, one file a field. */
export function readUapCore(checkout: string): readonly Row[] {
  const rows = new Map<string, { [K in keyof Labels]: Labels[K] }>()
  const fill = (file: string, labelsOf: (test: Loose) => { [K in keyof Labels]: Labels[K] | undefined }) => {
    for (const test of read(join(checkout, `tests/test_${file}.yaml`)).test_cases)
      rows.set(test.user_agent_string, { ...rows.get(test.user_agent_string), ...labelsOf(test) } as Labels)
  }
  const named = (value: unknown) => (value === 'Other' ? undefined : text(value))
  fill('ua', ({ family }) => ({ browser: named(family) }))
  fill('os', ({ family, major, minor, patch }) => ({
    os: named(family),
    osVersion: [major, minor, patch].filter(part => text(part) !== undefined).join('.') || undefined,
  }))
  fill('device', ({ family, brand, model }) => {
    if (brand === 'Spider') return { bot: true }
    const isKnown =
      family !== 'Other' && !String(brand).startsWith('Generic') && family !== 'Generic Feature Phone'
    return isKnown ? { brand: text(brand), model: text(model) } : {}
  })
  return [...rows]
    .map(([ua, labels]) => row(ua, labels))
    .filter(({ ua, ...labels }) => Object.keys(labels).length > 0)
}

const yauaaTypes: Readonly<Record<string, string>> = {
  Desktop: 'desktop',
  Phone: 'mobile',
  Tablet: 'tablet',
  TV: 'tv',
  'Set-top box': 'tv',
  'Game Console': 'console',
  'Handheld Game Console': 'console',
  Watch: 'wearable',
  'Virtual Reality': 'wearable',
  'Augmented Reality': 'wearable',
  Car: 'embedded',
  'Home Appliance': 'embedded',
  'Smart Display': 'embedded',
}

/** https://github.com/nielsbasjes/yauaa, without what it calls broken, anonymised, or an attack. */
export function readYauaa(checkout: string): readonly Row[] {
  const directory = join(checkout, 'analyzer/src/main/resources/UserAgents')
  const rows: Row[] = []
  for (const path of yamlFiles(directory)) {
    if (/Broken|Anonym|BadFields|Hackers/.test(path)) continue
    for (const { test } of read(path)?.config ?? []) {
      if (!test?.input || !test.expected) continue
      const { user_agent_string, 'User-Agent': userAgent, ...headers } = test.input
      const ua = user_agent_string ?? userAgent
      const labels = yauaaLabels(test.expected)
      if (ua && labels !== null) rows.push(row(ua, labels, headers))
    }
  }
  return distinct(rows)
}

function yauaaLabels(expected: Loose): { [K in keyof Labels]: Labels[K] | undefined } | null {
  const { DeviceClass, AgentClass } = expected
  if (/^(?:Hacker|Anonymized|Unknown)$/.test(DeviceClass ?? 'Unknown')) return null
  if (/Robot/.test(DeviceClass)) return { bot: true }
  if (DeviceClass === 'Cloud' || /Robot|Hacker|Special|Cloud|Server|Testclient/.test(AgentClass)) return null
  const known = (value: unknown) => (/^(?:Unknown|\?\?|Cloud)$/.test(String(value)) ? undefined : text(value))
  const version = known(String(expected.OperatingSystemNameVersion).split(' ').at(-1))
  return {
    browser: known(expected.AgentName),
    os: known(expected.OperatingSystemName),
    osVersion: version === undefined || /^>|\?/.test(version) ? undefined : version,
    type: yauaaTypes[DeviceClass],
    brand: known(expected.DeviceBrand),
    bot: false,
  }
}

const whichBrowserTypes: Readonly<Record<string, string>> = {
  desktop: 'desktop',
  mobile: 'mobile',
  pda: 'mobile',
  tablet: 'tablet',
  television: 'tv',
  gaming: 'console',
  watch: 'wearable',
  headset: 'wearable',
  printer: 'embedded',
  signage: 'embedded',
  camera: 'embedded',
  car: 'embedded',
  appliance: 'embedded',
  gps: 'embedded',
  devboard: 'embedded',
}

/** https://github.com/WhichBrowser/Parser-PHP: `tests/data`, where the user agent is all that was sent. */
export function readWhichBrowser(checkout: string): readonly Row[] {
  const rows: Row[] = []
  for (const path of yamlFiles(join(checkout, 'tests/data')))
    for (const { headers, result } of read(path)) {
      if (typeof headers !== 'string' || !headers.startsWith('User-Agent: ')) continue
      const ua = headers.slice('User-Agent: '.length)
      const { browser, os, device } = result ?? {}
      if (device?.type === 'bot') rows.push({ ua, bot: true })
      else if (device?.type !== undefined && device.type !== 'emulator')
        rows.push(
          row(ua, {
            browser: text(browser?.name),
            os: text(os?.name),
            osVersion: text(os?.version?.alias ?? os?.version?.value ?? os?.version),
            type: whichBrowserTypes[device.type],
            brand: text(device.manufacturer),
            model: text(device.model),
            bot: false,
          }),
        )
    }
  return distinct(rows)
}

/** The npm package `user-agents` (https://github.com/intoli/user-agents): visits to real sites. */
export function readIntoli(visits: readonly Loose[]): readonly Row[] {
  return distinct(
    visits.map(({ userAgent, platform, deviceCategory }) =>
      row(userAgent, {
        os: platformSystem(platform, userAgent),
        type: deviceCategory === 'mobile' ? 'mobile' : deviceCategory,
        bot: false,
      }),
    ),
  )
}

/** From `navigator.platform`; an Android says Linux. */
function platformSystem(platform: string, userAgent: string): string | undefined {
  if (/^Win/.test(platform)) return 'Windows'
  if (/^iP/.test(platform)) return 'iOS'
  // An iPad says the same.
  if (/^Mac/.test(platform)) return /Macintosh/.test(userAgent) ? 'macOS' : undefined
  return /^Linux (?:arm|aarch)/.test(platform) ? 'Android' : undefined
}

/** The npm package `crawler-user-agents` (https://github.com/monperrus/crawler-user-agents). isbot is made with it. */
export const readCrawlers = (
  crawlers: readonly { readonly instances: readonly string[] }[],
): readonly Row[] => distinct(crawlers.flatMap(({ instances }) => instances).map(ua => ({ ua, bot: true })))

const matomoTypes: Readonly<Record<string, string>> = {
  desktop: 'desktop',
  smartphone: 'mobile',
  'feature phone': 'mobile',
  phablet: 'mobile',
  tablet: 'tablet',
  tv: 'tv',
  console: 'console',
  wearable: 'wearable',
  'car browser': 'embedded',
  'smart display': 'embedded',
  'smart speaker': 'embedded',
  camera: 'embedded',
  peripheral: 'embedded',
}

/** https://github.com/matomo-org/device-detector: `Tests/fixtures`. LGPL: to be read where it lies, never copied. */
export function readMatomo(checkout: string): readonly Row[] {
  const rows: Row[] = []
  for (const path of yamlFiles(join(checkout, 'Tests/fixtures')))
    for (const { user_agent: ua, headers, bot, os, client, device } of read(path) ?? []) {
      if (!ua) continue
      if (bot) rows.push({ ua: String(ua), bot: true })
      else
        rows.push(
          row(
            String(ua),
            {
              browser:
                client?.type === 'browser' || client?.type === 'mobile app' ? text(client.name) : undefined,
              os: os?.name === 'UNK' ? undefined : text(os?.name),
              osVersion: text(os?.version),
              type: matomoTypes[device?.type],
              brand: device?.brand === 'UNK' ? undefined : text(device?.brand),
              model: text(device?.model),
              bot: false,
            },
            hintsOf(headers),
          ),
        )
    }
  return distinct(rows)
}

function hintsOf(headers: Loose): Row['hints'] {
  const hints = Object.entries(headers ?? {}).filter(([name]) => /^sec-ch-ua/i.test(name))
  return Object.fromEntries(hints.map(([name, value]) => [name, String(value)]))
}

function distinct(rows: readonly Row[]): readonly Row[] {
  const first = new Map<string, Row>()
  for (const candidate of rows) {
    const key = `${candidate.ua}\n${JSON.stringify(candidate.hints ?? {})}`
    if (!first.has(key)) first.set(key, candidate)
  }
  return [...first.values()]
}
