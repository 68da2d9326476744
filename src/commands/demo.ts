import { defineCommand } from './command.ts'
import { demoOptions, usualSpeed } from './demo-options.ts'
import { showPage } from './demo-page.ts'
import { printSummary } from './demo-summary.ts'
import { sessionSettings } from './session-settings.ts'

export const demo = defineCommand({
  about:
    'Made-up events, or your own, through the same pipeline as `run` into an embedded store, and live on a page of this ' +
    'machine: tabs become sessions, and late events make one of two. Needs no service and leaves nothing behind.',
  settings: sessionSettings,
  options: [
    {
      flags: '--events <file>',
      about: 'your own log instead, one JSON object a line, in order of arrival; - for standard input',
    },
    { flags: '--rate <n>', about: 'made-up events per second, as you see them', default: '12' },
    { flags: '--late <share>', about: 'share of made-up events that come late', default: '0.06' },
    { flags: '--speed <n>', about: 'how many times faster event time passes', default: String(usualSpeed) },
    { flags: '--history <days>', about: 'made-up days that come before, at once', default: '7' },
    { flags: '--keep <file>', about: 'keep the sessions in this SQLite file' },
    { flags: '--port <n>', about: 'port of the page; 0 takes a free one', default: '0' },
    { flags: '--open', about: 'open the page in your browser' },
    { flags: '--no-page', about: 'no page: 50,000 made-up events at once, and what came out' },
  ],
  check: demoOptions,
  run: ({ config, options, signal }) =>
    options.page === false ? printSummary(config, signal) : showPage(config, demoOptions(options), signal),
})
