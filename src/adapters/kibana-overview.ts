// The dashboard to begin with: how many, how long, when, and where they came in and left.
import { average, count, distinct, groups, median, overTime, percentile, top } from './kibana-columns.ts'
import { type Dashboard, dashboardId, text } from './kibana-dashboard.ts'
import { bars, figure, heatMap, lines, rows, table } from './kibana-lens.ts'

const duration = 'metadata.time.duration'

const lengths = groups('Duration', {
  'one moment': `${duration} : 0`,
  '1–9 s': `${duration} >= 1 and ${duration} < 10`,
  '10–59 s': `${duration} >= 10 and ${duration} < 60`,
  '1–4 min': `${duration} >= 60 and ${duration} < 300`,
  '5–9 min': `${duration} >= 300 and ${duration} < 600`,
  '10–29 min': `${duration} >= 600 and ${duration} < 1800`,
  '30 min and more': `${duration} >= 1800`,
})

/** Named, since the field counts from 0 = Sunday; in the order of a week of work. */
const weekdays = groups(
  'Weekday',
  Object.fromEntries(
    ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'].map((name, i) => [
      name,
      `metadata.time.weekday : ${(i + 1) % 7}`,
    ]),
  ),
)

const pageFigures = {
  sessions: count('Sessions'),
  bounced: average('activity.bounced', 'Bounce rate', 'percent'),
  duration: median(duration, 'Median duration', 'seconds'),
}

export const overview = (prefix: string): Dashboard => ({
  name: 'overview',
  title: 'Sessions overview',
  about:
    'How many sessions there are, how long they last, when they begin, and on which pages they begin and end.',
  rows: [
    {
      height: 5,
      panels: [
        [
          48,
          text(
            'How to read this',
            'What a session is, and where to go from here.',
            'A **session** is what one browser tab did without a pause of more than ten minutes (or what SESSION_GAP says). ' +
              'Everything here goes by **when it happened**, not by when it arrived: a late event changes the past. ' +
              'Robots are left out: choose *Is a robot: true* above to see them.\n\n' +
              `Go on to [Audience and acquisition](#/view/${dashboardId(prefix, 'audience')}): who they are and where they come from, ` +
              `or [Data quality and operations](#/view/${dashboardId(prefix, 'quality')}): whether these figures can be trusted.`,
          ),
        ],
      ],
    },
    {
      height: 6,
      panels: [
        [
          8,
          figure({
            title: 'Sessions',
            about: 'Sessions that began in the period.',
            value: count('began in the period'),
          }),
        ],
        [
          8,
          figure({
            title: 'Active now',
            about:
              'Sessions with an event in the last ten minutes that have not ended. Whatever the period is, as long as it ends now.',
            only: 'metadata.status : "active" and lastSeen >= "now-10m"',
            value: count('seen in the last 10 minutes'),
          }),
        ],
        [
          8,
          figure({
            title: 'Known profiles',
            about:
              'Different profiles that were seen. Sessions whose events name no profile are not counted.',
            value: distinct('profile.id', 'different profiles'),
          }),
        ],
        [
          8,
          figure({
            title: 'Bounce rate',
            about: 'Share of the sessions with at most one page view and no conversion.',
            value: average('activity.bounced', 'left after one page', 'percent'),
          }),
        ],
        [
          8,
          figure({
            title: 'Median duration',
            about:
              'Half of the sessions of more than one moment last longer: from the first event to the last.',
            only: `${duration} > 0`,
            value: median(duration, 'without single moments', 'seconds'),
          }),
        ],
        [
          8,
          figure({
            title: 'Pages per session',
            about: 'Page views of a session, on average.',
            value: average('activity.page_views', 'page views on average', 'decimal'),
          }),
        ],
      ],
    },
    {
      height: 12,
      panels: [
        [
          30,
          bars({
            title: 'Sessions over time, by device',
            about:
              'When sessions began, in steps that fit the period. "(missing value)" is a device that could not be told.',
            x: overTime,
            split: top('device.type', 6, 'Device', { withMissing: true, withOthers: true }),
            values: [count('Sessions')],
          }),
        ],
        [
          18,
          rows({
            title: 'How long sessions last',
            about: 'Sessions by the time from their first event to their last. A single event is one moment.',
            x: lengths,
            values: [count('Sessions')],
          }),
        ],
      ],
    },
    {
      height: 13,
      panels: [
        [
          26,
          heatMap({
            title: 'When sessions begin',
            about: 'Sessions by weekday and hour of their start, in the time zone that TIME_ZONE sets (UTC).',
            x: top('metadata.time.hour', 24, 'Hour of the day', { dataType: 'number', inOrder: true }),
            y: weekdays,
            value: count('Sessions'),
          }),
        ],
        [
          22,
          lines({
            title: 'Duration over time',
            about:
              'Half of the sessions are shorter than the lower line, 95 of 100 shorter than the upper one. Single moments are left out.',
            only: `${duration} > 0`,
            x: overTime,
            values: [
              percentile(duration, 50, 'Half are shorter', 'seconds'),
              percentile(duration, 95, '95 of 100 are shorter', 'seconds'),
            ],
          }),
        ],
      ],
    },
    {
      height: 15,
      panels: [
        [
          24,
          table({
            title: 'Where sessions begin',
            about: 'Path of the first page view. Sessions without a page view are left out.',
            by: { page: top('pages.entry.path', 15, 'First page') },
            values: pageFigures,
          }),
        ],
        [
          24,
          table({
            title: 'Where sessions end',
            about: 'Path of the last page view. Sessions without a page view are left out.',
            by: { page: top('pages.exit.path', 15, 'Last page') },
            values: pageFigures,
          }),
        ],
      ],
    },
  ],
})
