// How numbers, times and durations are written.

const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })
const day = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

/** @param {number} count */
export const count = count => (count < 100_000 ? whole : compact).format(count)

/** @param {number | null} share */
export const percent = share => (share === null ? '–' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`)

/** Hour and minute, UTC. @param {number} time epoch ms */
export const hourMinute = time => clock.format(time)

/** @param {number} time epoch ms */
export const dateOf = time => new Date(time).toISOString().slice(0, 10)

/** @param {number} time epoch ms */
export const dayOf = time => day.format(time)

/** @param {number} seconds */
export function duration(seconds) {
  const rounded = Math.round(seconds)
  if (rounded < 60) return `${rounded} s`
  const minutes = Math.floor(rounded / 60)
  if (minutes < 60) return rounded % 60 === 0 ? `${minutes} min` : `${minutes} min ${rounded % 60} s`
  if (minutes >= 48 * 60) return counted(Math.round(minutes / (24 * 60)), 'day')
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Whole minutes, for what needs no seconds. @param {number} ms */
export const minutes = ms => (ms < 60_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)

/** @param {number} count @param {string} noun */
export const counted = (count, noun) => `${whole.format(count)} ${noun}${count === 1 ? '' : 's'}`

const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/**
 * A name that events give, as it can be seen: what would turn the text around it, or show nothing, is written out.
 * @param {string} text
 */
export function readable(text) {
  const codeOf = (/** @type {string} */ one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
  const whole = text.replace(unseen, codeOf)
  return /[^\p{C}\p{Z}\p{M}]/u.test(whole) ? whole : Array.from(whole.slice(0, 8), codeOf).join('')
}
