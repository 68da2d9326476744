// Who the visitors are, what brought them, and what they did.
import { average, count, distinct, sum, top } from './kibana-columns.ts'
import { type Dashboard, dashboardId, text } from './kibana-dashboard.ts'
import { donut, figure, rows, table } from './kibana-lens.ts'
import { worldMap } from './kibana-map.ts'

const share = (title: string, about: string, field: string, size: number) =>
  donut({
    title,
    about,
    by: top(field, size, title, { withMissing: true, withOthers: true }),
    value: count('Sessions'),
  })

/** What a source of visitors is worth. */
const worth = {
  sessions: count('Sessions'),
  bounced: average('activity.bounced', 'Bounce rate', 'percent'),
  converted: count('With a conversion', 'activity.conversions > 0'),
  value: sum('activity.conversion_value', 'Value', 'decimal'),
}

export const audience = (prefix: string): Dashboard => ({
  name: 'audience',
  title: 'Audience and acquisition',
  about: 'Who the visitors are, which devices they use, what brought them, and what came of it.',
  rows: [
    {
      height: 5,
      panels: [
        [
          48,
          text(
            'How to read this',
            'What is counted here, and where the places come from.',
            'A session counts for what **brought it**: referrer, campaign and channel are those of its first event. ' +
              'Country, device and browser are those of the first event that tells them. ' +
              '"(empty)" and "(missing value)" stand for what the events do not say.\n\n' +
              'Places: [IP Geolocation by DB-IP](https://db-ip.com), or the database that GEO_DATABASE names. ' +
              `Back to [Sessions overview](#/view/${dashboardId(prefix, 'overview')}).`,
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
            title: 'Countries',
            about: 'Different countries from which sessions came.',
            value: distinct('device.geo.country.code', 'different countries'),
          }),
        ],
        [
          8,
          figure({
            title: 'From elsewhere',
            about: 'Sessions whose first event has a referrer, that is, a page that linked here.',
            only: 'referrer.host : *',
            value: count('came over a link'),
          }),
        ],
        [
          8,
          figure({
            title: 'From campaigns',
            about: 'Sessions whose first event carries a UTM campaign.',
            only: 'utm.campaign : *',
            value: count('came by a campaign'),
          }),
        ],
        [
          8,
          figure({
            title: 'Searches',
            about: 'Events of type search, or with a search text.',
            value: sum('activity.searches', 'searches made'),
          }),
        ],
        [
          8,
          figure({
            title: 'Conversions',
            about: 'Events of the types that CONVERSION_TYPES names.',
            value: sum('activity.conversions', 'conversions'),
          }),
        ],
        [
          8,
          figure({
            title: 'Conversion value',
            about: 'Sum of the values of all conversions, in the unit in which the events give them.',
            value: sum('activity.conversion_value', 'in all', 'decimal'),
          }),
        ],
      ],
    },
    {
      height: 17,
      panels: [
        [
          30,
          worldMap({
            title: 'Where sessions come from',
            about:
              'Countries in shades of blue. Circles stand for places, which only a database of cities knows (GEO_DATABASE).',
          }),
        ],
        [
          18,
          table({
            title: 'Sessions by country',
            about: 'By the address of the visitor; "(missing value)" where it is not public or not known.',
            by: { country: top('device.geo.country.name', 15, 'Country', { withMissing: true }) },
            values: { sessions: worth.sessions, bounced: worth.bounced, converted: worth.converted },
          }),
        ],
      ],
    },
    {
      height: 12,
      panels: [
        [12, share('Devices', 'Kinds of devices.', 'device.type', 6)],
        [12, share('Browsers and apps', 'Browser or application.', 'app.name', 7)],
        [12, share('Operating systems', 'As told by the user agent or client hints.', 'os.name', 7)],
        [12, share('Languages', 'Language and region that the browser is set to.', 'app.language', 7)],
      ],
    },
    {
      height: 10,
      panels: [
        [
          24,
          table({
            title: 'Channels',
            about:
              'The kind of way on which sessions came, as the first event says; "(empty)" where it does not.',
            by: { channel: top('metadata.channel', 12, 'Channel', { withMissing: true }) },
            values: worth,
          }),
        ],
        [
          24,
          table({
            title: 'Campaigns',
            about: 'UTM parameters of the first event. Sessions without a campaign are left out.',
            only: 'utm.campaign : *',
            by: {
              campaign: top('utm.campaign', 12, 'Campaign'),
              source: top('utm.source', 3, 'Source', { withMissing: true }),
            },
            values: worth,
          }),
        ],
      ],
    },
    {
      height: 14,
      panels: [
        [
          24,
          table({
            title: 'Who links here',
            about: 'Host of the referrer of the first event, the site’s own pages among them.',
            by: { host: top('referrer.host', 15, 'Referring site') },
            values: worth,
          }),
        ],
        [
          12,
          rows({
            title: 'Cities',
            about:
              'Only a database of cities knows them (GEO_DATABASE): with the embedded one all is "(missing value)".',
            x: top('device.geo.city', 12, 'City', { withMissing: true }),
            values: [count('Sessions')],
          }),
        ],
        [
          12,
          rows({
            title: 'Screens',
            about: 'Width and height of the screen in pixels, where events tell it.',
            x: top('device.resolution', 12, 'Screen', { withMissing: true }),
            values: [count('Sessions')],
          }),
        ],
      ],
    },
  ],
})
