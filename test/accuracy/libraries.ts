// What is measured: this project's look-up, and what else one could take that has a permissive licence.
import bowser from 'bowser'
import { UAParser as MyUAParser } from 'my-ua-parser'
import { UAParser } from 'ua-parser-js'
import { createDeviceLookup } from '../../src/adapters/ua-parser-device.ts'
import { readPatterns } from '../../src/adapters/ua-parser-patterns.ts'
import type { ClientHints } from '../../src/core/enrichment/client-hints.ts'
import type { Column } from './families.ts'

export type Answer = { readonly [column in Column]?: string | null | undefined } & { readonly bot: boolean }

export type Library = {
  readonly name: string
  readonly ask: (userAgent: string, hints: ClientHints | null) => Answer
}

export function sessionloom(): Library {
  const lookup = createDeviceLookup()
  return {
    name: 'sessionloom',
    ask(userAgent, clientHints) {
      const { device, os, app } = lookup({ userAgent, clientHints })
      return {
        browser: known(app.name),
        os: known(os.name),
        osVersion: os.version,
        type: device.type,
        brand: device.brand,
        model: device.model,
        bot: app.bot,
      }
    },
  }
}

const known = (name: string): string | null => (name === 'Other' ? null : name)

/** Both forks say the same words. They name no type for a desktop, and know no bots. */
const forkAnswer = ({
  browser,
  os,
  device,
}: Pick<UAParser.IResult, 'browser' | 'os' | 'device'>): Answer => ({
  browser: browser.name,
  os: os.name,
  osVersion: os.version,
  type: device.type === 'smarttv' ? 'tv' : (device.type ?? null),
  brand: device.vendor,
  model: device.model,
  bot: false,
})

const uaParser: Library = {
  name: 'ua-parser-js 1',
  ask: userAgent => forkAnswer(new UAParser(userAgent).getResult()),
}
const myUaParser: Library = {
  name: 'my-ua-parser',
  ask: userAgent => forkAnswer(new MyUAParser(userAgent).getResult() as UAParser.IResult),
}

const bowserLibrary: Library = {
  name: 'bowser',
  ask(userAgent) {
    const { browser, os, platform } = bowser.parse(userAgent)
    return {
      browser: browser.name,
      os: os.name,
      osVersion: os.name === 'Windows' ? os.versionName : os.version,
      type: platform.type ?? null,
      brand: platform.vendor,
      model: platform.model,
      bot: platform.type === 'bot',
    }
  },
}

/** The project's patterns by themselves; they tell no type. */
function uapCore(): Library {
  const patterns = readPatterns()
  return {
    name: 'uap-core',
    ask(userAgent) {
      const device = patterns.device(userAgent)
      const os = patterns.os(userAgent)
      return {
        browser: patterns.browser(userAgent)?.name,
        os: os?.name,
        osVersion: os?.version,
        type: null,
        brand: device?.brand,
        model: device?.model,
        bot: device?.brand === 'Spider',
      }
    },
  }
}

export const libraries = (): readonly Library[] => [
  sessionloom(),
  uaParser,
  myUaParser,
  bowserLibrary,
  uapCore(),
]
