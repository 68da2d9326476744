import type { Row } from './corpus.ts'
import { agrees, type Column, columns } from './families.ts'
import type { Library } from './libraries.ts'

type Share = { right: number; of: number }
/** `bots` are found, `people` are not taken for one. */
export type Score = { readonly [measure in Column | 'bots' | 'people']: Share }
export type Miss = {
  readonly row: Row
  readonly column: string
  readonly label: unknown
  readonly answer: unknown
}

/** How many labels of each column a library agrees with. No answer is a wrong one. */
export function score(
  library: Library,
  rows: readonly Row[],
  onMiss: (miss: Miss) => void = () => {},
): Score {
  const shares = Object.fromEntries(
    [...columns, 'bots', 'people'].map(measure => [measure, { right: 0, of: 0 }]),
  ) as Score
  const count = (share: Share, isRight: boolean, miss: Miss) => {
    share.of++
    if (isRight) share.right++
    else onMiss(miss)
  }
  for (const row of rows) {
    const answer = library.ask(row.ua, row.hints ?? null)
    if (row.bot !== undefined)
      count(row.bot ? shares.bots : shares.people, answer.bot === row.bot, {
        row,
        column: row.bot ? 'bots' : 'people',
        label: row.bot,
        answer: answer.bot,
      })
    for (const column of columns) {
      const label = row[column]
      if (label === undefined || row.bot) continue
      const given = answer[column]
      count(
        shares[column],
        given ? agrees(column, label, given, row.brand ?? answer.brand ?? undefined) : false,
        {
          row,
          column,
          label,
          answer: given,
        },
      )
    }
  }
  return shares
}

export const percent = ({ right, of }: Share): number => (of === 0 ? Number.NaN : (100 * right) / of)

/** Of the columns that have labels. */
export const sum = (shares: Score): number =>
  columns
    .map(column => percent(shares[column]))
    .reduce((total, share) => total + (Number.isNaN(share) ? 0 : share), 0)
