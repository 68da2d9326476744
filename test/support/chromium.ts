// A Chromium that is there, for playwright-core to drive: nothing is downloaded.
import { execFileSync } from 'node:child_process'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** From TEST_CHROMIUM, or else on the PATH; null if there is none. */
export function findChromium(): string | null {
  if (process.env.TEST_CHROMIUM) return process.env.TEST_CHROMIUM
  for (const name of names)
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {}
  return null
}
