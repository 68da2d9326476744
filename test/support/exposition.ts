// Prometheus's text format, read strictly: what a scraper would refuse or misread throws here.
import assert from 'node:assert/strict'

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number }
export type Family = {
  readonly type: string
  readonly help: string
  /** By name: of a histogram with the suffixes `_bucket`, `_sum` and `_count`. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: (\d+))?$/
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)",?/gy

/** Every metric of an answer, by name. */
export function parseExposition(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends')
  const families = new Map<string, { type: string; help: string; samples: Map<string, Sample[]> }>()
  let current = ''
  for (const line of text.split('\n').filter(line => line !== '')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    if (comment !== null) {
      const [, word, name, rest] = comment as unknown as [string, string, string, string]
      if (word === 'HELP') {
        assert.ok(!families.has(name), `${name} comes twice`)
        families.set(name, { type: '', help: rest, samples: new Map() })
      } else families.get(name)!.type = rest
      current = name
      continue
    }
    const match = sampleLine.exec(line)
    assert.ok(match, `no sample: ${line}`)
    const name = match[1] as string
    const family = families.get(current)
    assert.ok(family && belongs(name, current, family.type), `${name} stands below ${current}`)
    const samples = family.samples.get(name) ?? []
    samples.push({ labels: labelsOf(match[2] ?? ''), value: numberOf(match[3] as string) })
    family.samples.set(name, samples)
  }
  for (const [name, family] of families) check(name, family)
  return families
}

function belongs(name: string, family: string, type: string): boolean {
  if (type === 'histogram') return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name)
  if (type === 'summary') return [family, `${family}_sum`, `${family}_count`].includes(name)
  return name === family
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(labelPair)]
  assert.equal(pairs.map(([pair]) => pair).join(''), text, `labels: ${text}`)
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]))
}

function numberOf(text: string): number {
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
  assert.ok(!Number.isNaN(value) || text === 'Nan', `no number: ${text}`)
  return value
}

function check(name: string, { type, samples }: Family): void {
  assert.match(type, /^(counter|gauge|histogram|summary)$/, name)
  for (const [sample, list] of samples) {
    const series = list.map(({ labels }) => JSON.stringify(Object.entries(labels).sort()))
    assert.equal(new Set(series).size, series.length, `${sample} has a series twice`)
    if (type === 'counter') for (const { value } of list) assert.ok(value >= 0, `${sample} is ${value}`)
  }
  if (type !== 'histogram') return
  const buckets = samples.get(`${name}_bucket`) ?? []
  const counts = buckets.filter(({ labels }) => Object.keys(labels).length === 1).map(({ value }) => value)
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
    `${name}'s buckets are cumulative`,
  )
  if (counts.length > 0) assert.equal(counts.at(-1), samples.get(`${name}_count`)?.[0]?.value, name)
}
