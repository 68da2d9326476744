import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laneLimits } from '../../src/live/live-lanes.ts'
import { liveLog, timeOf } from '../support/live-run.ts'
import { tab } from '../support/timeline.ts'

// Marks that had not been told yet when their tab left the timeline were drawn for the tab that took its place.
test('a tab that takes the place of another one has its own marks alone', async () => {
  const others = Array.from({ length: laneLimits.lanes - 1 }, (_, i) => tab(`tab-${i}`).at('10:30')).flat()
  const log = liveLog([tab('first').at('10:00', '10:01'), others, tab('newcomer').at('10:31')])
  await log.done
  const { lanes, ticks } = log.news()
  const slot = lanes.find(([, name]) => name === 'newcomer')?.[0]
  assert.deepEqual(
    ticks.filter(([lane]) => lane === slot).map(([, time]) => timeOf(time)),
    ['10:31'],
  )
})
