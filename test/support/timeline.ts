// `tab('a').at('10:00', '10:09')`: events of a tab by time of day, rather than raw epoch numbers.

export type TimelineEvent = {
  eventId: string
  tabId: string
  type: string
  timestamp: number
  [field: string]: unknown
}

const day = Date.parse('2026-11-24T00:00:00Z')

/** Epoch ms of `HH:mm`, `HH:mm:ss` or `HH:mm:ss.SSS` on the day of the timelines. */
export function clock(time: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = time.split(':')
  return day + Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Math.round(Number(seconds) * 1000)
}

/** Events are named after tab and time, so a repeat of a time is a duplicate. */
export function tab(tabId: string, fields: Record<string, unknown> = {}) {
  return {
    at: (...times: string[]): TimelineEvent[] =>
      times.map(time => ({
        eventId: `${tabId}@${time}`,
        tabId,
        type: 'click',
        timestamp: clock(time),
        receivedAt: day + 86_400_000,
        ...fields,
      })),
  }
}
