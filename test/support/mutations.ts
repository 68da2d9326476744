export type Mutation = {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly tests: readonly string[]
}

const simulation = ['test/property/simulation.test.ts']

export const mutations: readonly Mutation[] = [
  {
    name: 'commit before write',
    file: 'src/worker.ts',
    find: 'const written = await this.#write(effects)',
    replace:
      'await lease.commit({ offset: batch.nextOffset, metadata: this.#metadata(sessions) })\n    const written = await this.#write(effects)',
    tests: simulation,
  },
  {
    name: 'redirect before survivor',
    file: 'src/worker.ts',
    find: 'await this.#writeAll(documents, written)\n    await this.#writeAll(redirects, written)',
    replace: 'await this.#writeAll(redirects, written)\n    await this.#writeAll(documents, written)',
    tests: simulation,
  },
  {
    name: 'no version',
    file: 'test/support/simulated-world.ts',
    find: 'held !== undefined && held.version > version',
    replace: 'held !== undefined && held.version > version && version < 0',
    tests: simulation,
  },
  {
    name: 'active-only restore without the watermark range',
    file: 'src/stored-sessions.ts',
    find: 'const lastSeenFrom = watermark - settings.gapMs',
    replace: 'const lastSeenFrom = Number.POSITIVE_INFINITY',
    tests: simulation,
  },
  {
    name: 'restore range one gap too short',
    file: 'src/stored-sessions.ts',
    find: 'const lastSeenFrom = watermark - settings.gapMs',
    replace: 'const lastSeenFrom = watermark',
    tests: simulation,
  },
  {
    name: 'forgetting by stored status',
    file: 'src/core/partition-sessions.ts',
    find: 'if (mayLackRedirects) for (const from of head.absorbed) this.#unwritten.redirect(from, open, position)\n    this.#add(open)',
    replace:
      "if (mayLackRedirects) for (const from of head.absorbed) this.#unwritten.redirect(from, open, position)\n    this.#add(open)\n    if (open.status === 'ended') this.#closed.push(open)",
    tests: simulation,
  },
  {
    name: 'redirects not written again',
    file: 'src/core/partition-sessions.ts',
    find: 'if (mayLackRedirects) for (const from of head.absorbed)',
    replace: 'if (mayLackRedirects && position.epoch < 0) for (const from of head.absorbed)',
    tests: simulation,
  },
  {
    name: 'memory preferred to a newer document',
    file: 'src/core/partition-sessions.ts',
    find: 'met.find(other => !isBehind(other.head.position, position))',
    replace: 'met[0]',
    tests: simulation,
  },
  {
    name: "keeping a partition's memory unconditionally",
    file: 'src/worker.ts',
    find: 'if (offset === partition.next) return\n    }',
    replace:
      'if (offset === partition.next || offset !== null) {\n        partition.next = offset\n        return\n      }\n    }',
    tests: simulation,
  },
  {
    name: 'dropping the epoch check',
    file: 'src/stored-sessions.ts',
    find: 'if (stored === null || stored <= own) return',
    replace: 'if (stored === null || stored <= own + 1_000) return',
    tests: simulation,
  },
  {
    name: 'no skip of applied records',
    file: 'src/core/partition-sessions.ts',
    find: "if (!isBehind(inside.head.position, event.position)) return 'already-applied'",
    replace: '',
    tests: simulation,
  },
  {
    name: 'searches without the redirects',
    file: 'src/stored-sessions.ts',
    find: 'if (isRedirect(document)) redirects.push(document)\n    else live',
    replace: 'if (isRedirect(document)) continue\n    else live',
    tests: ['test/unit/stored-sessions.test.ts', ...simulation],
  },
  {
    name: 'recall without a refresh',
    file: 'src/partition-recall.ts',
    find: 'const fresh = partition.hasForgotten',
    replace: 'const fresh = false',
    tests: simulation,
  },
  {
    name: 'no recall',
    file: 'src/partition-recall.ts',
    find: 'if (spans.length === 0 && controls.length === 0) return',
    replace: 'if (spans.length >= 0) return',
    tests: simulation,
  },
  {
    name: 'lost checkpoint: watermark below what is stored',
    file: 'src/core/watermark.ts',
    find: 'latestLastSeen + gapMs + 1',
    replace: 'latestLastSeen - gapMs',
    tests: simulation,
  },
  {
    name: '§2.5 closed: ≤ instead of <',
    file: 'src/core/session-window.ts',
    find: 'return end + gapMs < watermark',
    replace: 'return end + gapMs <= watermark',
    tests: simulation,
  },
  {
    name: '§2.6 late: ≤ instead of <',
    file: 'src/core/session-window.ts',
    find: 'return time < watermark',
    replace: 'return time <= watermark',
    tests: ['test/unit/core/session-window.test.ts'],
  },
  {
    name: '§2.6 late: one gap later',
    file: 'src/core/partition-sessions.ts',
    find: 'if (!isLate(time, this.#watermark)) continue',
    replace: 'if (!isLate(time, this.#watermark - gapMs)) continue',
    tests: simulation,
  },
  {
    name: '§2.1 joins: backwards edge excluded',
    file: 'src/core/session-window.ts',
    find: 'time >= span.start - gapMs',
    replace: 'time > span.start - gapMs',
    tests: simulation,
  },
  {
    name: '§2.1 joins: forwards edge excluded',
    file: 'src/core/session-window.ts',
    find: 'time <= span.end + gapMs',
    replace: 'time < span.end + gapMs',
    tests: simulation,
  },
  {
    name: '§2.6 recall range too short in front',
    file: 'src/core/partition-sessions.ts',
    find: 'from: time - gapMs',
    replace: 'from: time - gapMs + 1',
    tests: simulation,
  },
  {
    name: '§2.6 recall range too short behind',
    file: 'src/core/partition-sessions.ts',
    find: 'to: time + gapMs',
    replace: 'to: time + gapMs - 1',
    tests: simulation,
  },
  {
    name: 'redirects forgotten while their survivor is not written yet',
    file: 'src/core/unwritten.ts',
    find: 'if (!this.#waits(into.lastHeir)) this.#redirects.delete(id)',
    replace: 'if (into !== undefined) this.#redirects.delete(id)',
    tests: ['test/unit/core/partition-sessions.test.ts'],
  },
  {
    name: 'open sessions that wait are taken for written',
    file: 'src/core/unwritten.ts',
    find: 'if (this.#waits(open)) continue\n      open.isChanged = false',
    replace: 'open.isChanged = false',
    tests: ['test/unit/core/partition-sessions.test.ts'],
  },
  {
    name: 'a redirect written before its survivor, where open sessions wait',
    file: 'src/core/unwritten.ts',
    find: 'into.key.id !== redirect.from.id && !this.#waits(into)',
    replace: 'into.key.id !== redirect.from.id',
    tests: ['test/unit/core/partition-sessions.test.ts'],
  },
  {
    name: 'an erasure that is forgotten: its events bring the session back',
    file: 'src/core/partition-sessions.ts',
    find: "this.#erasures.covers(event) ? 'already-applied' : this.#place(event, late)",
    replace: 'this.#place(event, late)',
    tests: simulation,
  },
  {
    name: 'erased spans written last',
    file: 'src/worker.ts',
    find: 'await this.#writeAll(erasedSpans, written)\n    await this.#writeAll(documents, written)\n    await this.#writeAll(redirects, written)',
    replace:
      'await this.#writeAll(documents, written)\n    await this.#writeAll(redirects, written)\n    await this.#writeAll(erasedSpans, written)',
    tests: simulation,
  },
  {
    name: 'an erasure takes what came after it',
    file: 'src/core/erasures.ts',
    find: 'if (!isBehind(head.position, position)) return false',
    replace: '',
    tests: simulation,
  },
  {
    name: 'what an attempt has erased is not erased again',
    file: 'src/core/erasures.ts',
    find: 'const before = this.at(position)',
    replace: 'const before = this.at(position).slice(0, 0)',
    tests: simulation,
  },
  {
    name: 'sessions united over an erasure',
    file: 'src/core/partition-sessions.ts',
    find: ' && !this.#erasures.separates(other.head, head)',
    replace: '',
    tests: simulation,
  },
  {
    name: 'a repair brings an erased session back',
    file: 'src/core/partition-sessions.ts',
    find: 'stored.filter(({ head }) => !this.#erasures.coversSession(head))',
    replace: 'stored',
    tests: simulation,
  },
  {
    name: 'a repair leaves apart what lies within the gap',
    file: 'src/core/tab-repair.ts',
    find: 'if (joins({ start: open.start, end }, open.start, gapMs)) groups.at(-1)?.push(open)\n    else groups.push([open])',
    replace: 'groups.push([open])',
    tests: ['test/property/repair.test.ts'],
  },
  {
    name: 'a repair counts twice what two sessions have in common',
    file: 'src/core/tab-repair.ts',
    find: 'if (isHeld) return',
    replace: 'if (isHeld && common < 0) return',
    tests: ['test/property/repair.test.ts'],
  },
  {
    name: 'a repair that forgets the redirects',
    file: 'src/core/partition-sessions.ts',
    find: 'for (const from of session.absorbed) this.#unwritten.redirect(from, survivor, position)',
    replace: '',
    tests: ['test/property/repair.test.ts'],
  },
]
