// Whether the figures of the other dashboards can be trusted, and how the workers are doing.
import { count, groups, largest, latest, overTime, sum, top } from './kibana-columns.ts'
import { type Dashboard, dashboardId, text } from './kibana-dashboard.ts'
import { bars, figure, lines, rows, table } from './kibana-lens.ts'

const skew = 'quality.clock_skew_ms'
const has = (field: string) => `${field} : *`
const lacks = (field: string) => `not ${field} : *`

export const quality = (prefix: string): Dashboard => ({
  name: 'quality',
  title: 'Data quality and operations',
  about:
    'Late, repeated and merged events, robots, wrong clocks, what could not be told, and how far each partition has come.',
  rows: [
    {
      height: 5,
      panels: [
        [
          48,
          text(
            'How to read this',
            'What these figures are about.',
            'Late events and repeats are **no errors**: they are counted once, where they belong. Much of them points at ' +
              'producers that retry, or at phones that were offline. Wrong clocks are corrected where events say when they were sent. ' +
              'Lag, dead letters and waits are in the metrics of the workers (`/metrics`).\n\n' +
              `Robots are left out of all but their own panels. Back to [Sessions overview](#/view/${dashboardId(prefix, 'overview')}).`,
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
            title: 'Events',
            about: 'Distinct events of the sessions that began in the period.',
            value: sum('activity.events', 'distinct events'),
          }),
        ],
        [
          8,
          figure({
            title: 'Late events',
            about:
              'Events that came after the watermark had passed them. They were merged into their sessions.',
            value: sum('quality.late_events', 'merged in afterwards'),
          }),
        ],
        [
          8,
          figure({
            title: 'Repeats',
            about: 'Events with the same id and time as one before: left out.',
            value: sum('quality.duplicates', 'left out'),
          }),
        ],
        [
          8,
          figure({
            title: 'Merged sessions',
            about:
              'Sessions that took in others, when a late event proved them to be one, or got an earlier start.',
            only: has('operation.merge'),
            value: count('took in others'),
          }),
        ],
        [
          8,
          figure({
            title: 'Reduced documents',
            about:
              'Sessions that Elasticsearch refused with their properties, stored without them. The full ones are dead letters.',
            only: has('quality.reduced'),
            value: count('lack their properties'),
          }),
        ],
        [
          8,
          figure({
            title: 'Still active',
            about:
              'Sessions that have not ended. Without events, or without a worker, they stay so: compare with the latest record below.',
            only: 'metadata.status : "active"',
            value: count('have not ended'),
          }),
        ],
      ],
    },
    {
      height: 12,
      panels: [
        [
          24,
          lines({
            title: 'Late events and repeats over time',
            about: 'By the start of the session to which they belong.',
            x: overTime,
            values: [
              sum('quality.late_events', 'Late events'),
              sum('quality.duplicates', 'Repeats that were left out'),
            ],
          }),
        ],
        [
          24,
          bars({
            title: 'Active and ended sessions over time',
            about: 'Old sessions that are still active belong to a partition that no worker reads.',
            x: overTime,
            split: top('metadata.status', 3, 'Status'),
            values: [count('Sessions')],
          }),
        ],
      ],
    },
    {
      height: 12,
      panels: [
        [
          20,
          bars({
            title: 'Robots and people over time',
            about: 'All sessions, whatever is chosen above.',
            ignoresControls: true,
            x: overTime,
            split: groups('Who', { People: 'app.bot : false', Robots: 'app.bot : true' }),
            values: [count('Sessions')],
          }),
        ],
        [
          14,
          rows({
            title: 'Why they are held for robots',
            about: 'A session may have several reasons. Whatever is chosen above.',
            only: 'app.bot : true',
            ignoresControls: true,
            x: top('app.bot_reasons', 10, 'Reason'),
            values: [count('Sessions')],
          }),
        ],
        [
          14,
          table({
            title: 'Which robots',
            about: 'By the name that they give themselves. Whatever is chosen above.',
            only: 'app.bot : true',
            ignoresControls: true,
            by: { name: top('app.name', 12, 'Robot') },
            values: { sessions: count('Sessions'), events: sum('activity.events', 'Events') },
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          16,
          rows({
            title: 'What is not known',
            about: 'Sessions that lack something, by what they lack.',
            x: groups('Lacking', {
              'a country': lacks('device.geo.country.code'),
              'a kind of device': lacks('device.type'),
              'a known browser': 'app.name : "Other"',
              'a page view with a URL': lacks('pages.entry.url'),
              'a profile': lacks('profile.id'),
            }),
            values: [count('Sessions')],
          }),
        ],
        [
          16,
          rows({
            title: 'Wrong clocks',
            about:
              'Sessions by the largest correction of the client’s clock. Up to five seconds are left as they are.',
            x: groups('Correction', {
              none: `${skew} : 0`,
              'up to a minute': `${skew} > 0 and ${skew} <= 60000`,
              'up to an hour': `${skew} > 60000 and ${skew} <= 3600000`,
              'more than an hour': `${skew} > 3600000`,
            }),
            values: [count('Sessions')],
          }),
        ],
        [
          16,
          rows({
            title: 'Out of the ordinary',
            about:
              'Very long sessions are robots or kiosks. Beyond 1,024 events of a session, a very late repeat may have been counted again.',
            x: groups('What', {
              'over 12 hours or 10,000 events': 'quality.overlong : true',
              'over 1,024 events': 'quality.dedupe_limited : true',
              'with late events': 'quality.late_events > 0',
              'with repeats': 'quality.duplicates > 0',
              'merged from several': has('operation.merge'),
            }),
            values: [count('Sessions')],
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          32,
          table({
            title: 'How far each partition has come',
            about:
              'Of the sessions that began in the period. A partition whose latest event is old is not read, or gets no events. The epoch (SOURCE_EPOCH) grows when the topic is replaced.',
            by: {
              epoch: top('source.epoch', 3, 'Epoch', { dataType: 'number', inOrder: true }),
              partition: top('source.partition', 100, 'Partition', { dataType: 'number', inOrder: true }),
            },
            values: {
              sessions: count('Sessions'),
              active: count('Still active', 'metadata.status : "active"'),
              lastSeen: latest('lastSeen', 'Latest event'),
              written: latest('metadata.time.update', 'Latest write'),
              offset: largest('source.offset', 'Offset'),
            },
          }),
        ],
        [
          16,
          table({
            title: 'Releases',
            about: 'Sessions by the version of the document in which they were written last.',
            by: { schema: top('schema_version', 5, 'Schema version', { dataType: 'number', inOrder: true }) },
            values: { sessions: count('Sessions'), written: latest('metadata.time.update', 'Latest write') },
          }),
        ],
      ],
    },
  ],
})
