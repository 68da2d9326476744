import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TZDate, tzScan } from '@date-fns/tz'
import { getDay, getHours } from 'date-fns'
import { isTimeZone, weekdayAndHour } from '../../../../src/core/enrichment/weekday.ts'

const at = (iso: string, timeZone: string) => weekdayAndHour(Date.parse(iso), timeZone)
const [sunday, monday, thursday, saturday] = [0, 1, 4, 6]

test('Sunday is 0 and Saturday is 6', () => {
  assert.deepEqual(at('2024-06-02T12:00:00Z', 'UTC'), { weekday: sunday, hour: 12 })
  assert.deepEqual(at('2024-06-08T23:59:59.999Z', 'UTC'), { weekday: saturday, hour: 23 })
  assert.deepEqual(at('2024-06-09T00:00:00Z', 'UTC'), { weekday: sunday, hour: 0 })
})

test("the seed's example instant is a Thursday", () => {
  assert.deepEqual(at('2024-05-30T07:44:23.243Z', 'UTC'), { weekday: thursday, hour: 7 })
})

test('days before 1970 count backwards', () => {
  assert.deepEqual(at('1970-01-01T00:00:00Z', 'UTC'), { weekday: thursday, hour: 0 })
  assert.deepEqual(at('1969-12-27T23:00:00Z', 'UTC'), { weekday: saturday, hour: 23 })
})

test('one instant is two weekdays in two zones', () => {
  assert.deepEqual(at('2024-06-09T23:30:00Z', 'Asia/Tokyo'), { weekday: monday, hour: 8 })
  assert.deepEqual(at('2024-06-10T01:30:00Z', 'America/Los_Angeles'), { weekday: sunday, hour: 18 })
})

test('offsets of half and quarter hours are kept to the millisecond', () => {
  assert.deepEqual(at('2024-06-08T18:14:59.999Z', 'Asia/Kathmandu'), { weekday: saturday, hour: 23 })
  assert.deepEqual(at('2024-06-08T18:15:00.000Z', 'Asia/Kathmandu'), { weekday: sunday, hour: 0 })
  assert.deepEqual(at('2024-06-08T18:29:59.999Z', '+05:30'), { weekday: saturday, hour: 23 })
  assert.deepEqual(at('2024-06-08T18:30:00.000Z', '+05:30'), { weekday: sunday, hour: 0 })
})

test('the hour that daylight saving skips does not exist', () => {
  assert.equal(at('2024-03-31T00:59:59.999Z', 'Europe/Berlin').hour, 1)
  assert.equal(at('2024-03-31T01:00:00.000Z', 'Europe/Berlin').hour, 3)
})

test('the hour that daylight saving repeats exists twice', () => {
  const hours = ['2024-10-27T00:30:00Z', '2024-10-27T01:30:00Z', '2024-10-27T02:30:00Z']
  assert.deepEqual(
    hours.map(hour => at(hour, 'Europe/Berlin').hour),
    [2, 2, 3],
  )
})

test('a change at one minute past midnight goes back to the day before', () => {
  // St John's left daylight saving at 00:01 on a Sunday, and it was Saturday 23:01.
  assert.deepEqual(at('2010-11-07T02:30:30Z', 'America/St_Johns'), { weekday: sunday, hour: 0 })
  assert.deepEqual(at('2010-11-07T02:31:00Z', 'America/St_Johns'), { weekday: saturday, hour: 23 })
  assert.deepEqual(at('2010-11-07T03:30:00Z', 'America/St_Johns'), { weekday: sunday, hour: 0 })
})

test('a zone that skips a whole day skips its weekday', () => {
  // Samoa crossed the date line: Thursday 29 December 2011 was followed by Saturday 31.
  assert.deepEqual(at('2011-12-30T09:59:59Z', 'Pacific/Apia'), { weekday: thursday, hour: 23 })
  assert.deepEqual(at('2011-12-30T10:00:00Z', 'Pacific/Apia'), { weekday: saturday, hour: 0 })
})

test('daylight saving by half an hour', () => {
  assert.deepEqual(at('2024-10-05T15:29:59Z', 'Australia/Lord_Howe'), { weekday: sunday, hour: 1 })
  assert.deepEqual(at('2024-10-05T15:30:00Z', 'Australia/Lord_Howe'), { weekday: sunday, hour: 2 })
})

test('around every change of offset the answer is that of date-fns', () => {
  // St John's and Gaza changed at 00:01, Casablanca four times a year, Chatham is 12:45 from Greenwich.
  const zones = ['Europe/London', 'America/St_Johns', 'Africa/Casablanca', 'Asia/Gaza', 'Pacific/Chatham']
  const years = { start: new Date('2009-01-01T00:00:00Z'), end: new Date('2012-12-31T00:00:00Z') }
  const minute = 60_000
  for (const zone of zones) {
    const changes = tzScan(zone, years)
    assert.ok(changes.length >= 6, `${zone} changed ${changes.length} times`)
    for (const { date } of changes)
      for (const offset of [
        -61 * minute,
        -minute,
        -1,
        0,
        1,
        minute - 1,
        minute,
        29 * minute,
        30 * minute,
        59 * minute,
      ]) {
        const epochMs = date.getTime() + offset
        const expected = new TZDate(epochMs, zone)
        assert.deepEqual(
          weekdayAndHour(epochMs, zone),
          { weekday: getDay(expected), hour: getHours(expected) },
          `${zone} ${new Date(epochMs).toISOString()}`,
        )
      }
  }
})

test('time zones are names of the IANA database or offsets of whole quarter hours', () => {
  for (const name of [
    'UTC',
    'Europe/Berlin',
    'europe/berlin',
    'Asia/Calcutta',
    'Etc/GMT-3',
    '+05:30',
    '-08:00',
  ])
    assert.ok(isTimeZone(name), name)
  for (const name of [
    '',
    'Mars/Olympus',
    'Europe',
    '+05:31',
    '+15:00',
    '+5',
    '__proto__',
    'constructor',
    ' UTC',
  ])
    assert.ok(!isTimeZone(name), name)
})

test('another name is refused with a message that has it', () => {
  assert.throws(() => weekdayAndHour(0, 'Mars/Olympus'), /RangeError: not a time zone: Mars\/Olympus/)
})
