import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionloom } from '../support/command.ts'

// `erase ''` wrote control records that the workers park as invalid, and said that the profile would be gone.
test('an id that no event can have is refused before anything is written', async () => {
  for (const id of ['', 'x'.repeat(257)]) {
    const { exitCode, stderr } = await sessionloom(['erase', id])
    assert.equal(exitCode, 1, stderr)
    assert.match(stderr, /PROFILE: expected an id of 1 to 256 characters/)
  }
})
