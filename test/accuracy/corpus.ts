// User agents with what others say of them. One row a line; a field that its source leaves open is absent.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** In the source's own words; `type` alone is in the document's. */
export type Labels = {
  readonly browser?: string
  readonly os?: string
  readonly osVersion?: string
  readonly type?: string
  readonly brand?: string
  readonly model?: string
  readonly bot?: boolean
}
export type Row = Labels & {
  readonly ua: string
  readonly hints?: Readonly<Record<string, string>>
}

/** The committed samples; NOTICE says where they are from. */
export const corpusNames = ['uap-core', 'yauaa', 'whichbrowser', 'intoli', 'crawlers'] as const
export type CorpusName = (typeof corpusNames)[number]

export function readCorpus(name: CorpusName): readonly Row[] {
  const text = readFileSync(new URL(`../data/user-agents/${name}.ndjson`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
}

const rank = ({ ua, hints }: Row): string =>
  createHash('sha256')
    .update(ua)
    .update(hints === undefined ? '' : JSON.stringify(hints))
    .digest('hex')

/**
 * Of each source the same rows for ever, chosen by nothing but the hash of what is asked: bots and others are
 * counted apart, since some sources have few of the one.
 */
export function sample(rows: readonly Row[], others: number, bots: number): readonly Row[] {
  const ranked = rows.map(row => ({ row, rank: rank(row) })).sort((a, b) => (a.rank < b.rank ? -1 : 1))
  const pick = (isBot: boolean, count: number) =>
    ranked.filter(({ row }) => (row.bot === true) === isBot).slice(0, count)
  return [...pick(false, others), ...pick(true, bots)]
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ row }) => row)
}
