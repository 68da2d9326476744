import { snowplowColumns } from '../../src/core/formats/snowplow-columns.ts'

/** An enriched event as a line; what is not given is empty. */
export const snowplowLine = (cells: Readonly<Record<string, string>>): string =>
  snowplowColumns.map(column => cells[column] ?? '').join('\t')
