// Records in every format, and what becomes of them: `test/golden/formats` has a file for each, and one for CloudEvents.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { EventFormatName } from '../../src/core/formats/event-formats.ts'
import type { DeadLetterReason } from '../../src/core/outcome.ts'

type Example = {
  readonly format: EventFormatName
  readonly name: string
  readonly headers?: Readonly<Record<string, string>>
  /** The record's value. */
  readonly text: string
}

export type FormatExample = Example & {
  readonly becomes: {
    readonly format: string
    readonly tabIdFrom: string
    readonly time: string
    readonly clockSkewMs: number
    readonly event: { readonly [field: string]: unknown }
  }
}

/** What its own specification gives for an example, and is no event for us. */
export type RefusedExample = Example & {
  readonly deadLetter: { readonly reason: DeadLetterReason; readonly message: string }
}

const directory = join(import.meta.dirname, '../golden/formats')

const examples: readonly (FormatExample | RefusedExample)[] = readdirSync(directory).flatMap(file =>
  JSON.parse(readFileSync(join(directory, file), 'utf8')).map(
    ({ record, ...example }: { record: unknown }) => ({
      format: basename(file, '.json'),
      ...example,
      text: typeof record === 'string' ? record : JSON.stringify(record),
    }),
  ),
)

const isRead = (example: FormatExample | RefusedExample): example is FormatExample => 'becomes' in example

export const formatExamples = examples.filter(isRead)
/** All others, so that one that says neither fails. */
export const refusedExamples = examples.filter((example): example is RefusedExample => !isRead(example))
