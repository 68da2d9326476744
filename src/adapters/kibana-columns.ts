// Columns of a Lens layer: what is measured, and by what it is split. No formulas: they need compiled copies of
// themselves, and every figure here is a plain aggregation.
import type { JsonObject } from '../core/json.ts'

export type Column = JsonObject & {
  readonly label: string
  readonly operationType: string
  readonly isBucketed: boolean
}

const records = '___records___'

const formats = {
  number: { id: 'number', params: { decimals: 0 } },
  decimal: { id: 'number', params: { decimals: 1 } },
  percent: { id: 'percent', params: { decimals: 1 } },
  seconds: {
    id: 'duration',
    params: { decimals: 0, fromUnit: 'seconds', toUnit: 'humanizePrecise', compact: true },
  },
} as const

type Format = keyof typeof formats

function measure(
  operationType: string,
  sourceField: string,
  label: string,
  format: Format | null,
  params = {},
): Column {
  return {
    label,
    customLabel: true,
    dataType: format === null ? 'date' : 'number',
    isBucketed: false,
    scale: 'ratio',
    operationType,
    sourceField,
    params: { ...params, ...(format !== null && { format: formats[format] }) },
  }
}

/** Of sessions; of those that the KQL finds. */
export const count = (label: string, kql?: string): Column => ({
  ...measure('count', records, label, 'number', { emptyAsNull: false }),
  ...(kql !== undefined && { filter: { language: 'kuery', query: kql } }),
})
export const distinct = (field: string, label: string): Column =>
  measure('unique_count', field, label, 'number', { emptyAsNull: false })
export const sum = (field: string, label: string, format: Format = 'number'): Column =>
  measure('sum', field, label, format, { emptyAsNull: false })
export const average = (field: string, label: string, format: Format): Column =>
  measure('average', field, label, format, { emptyAsNull: true })
export const median = (field: string, label: string, format: Format): Column =>
  measure('median', field, label, format, { emptyAsNull: true })
export const percentile = (field: string, percentile: number, label: string, format: Format): Column =>
  measure('percentile', field, label, format, { percentile })
export const largest = (field: string, label: string): Column => measure('max', field, label, 'number')
export const latest = (field: string, label: string): Column => measure('max', field, label, null)

/** By when sessions began, in steps that fit the period. */
export const overTime: Column = {
  label: 'Session began',
  customLabel: true,
  dataType: 'date',
  isBucketed: true,
  scale: 'interval',
  operationType: 'date_histogram',
  sourceField: 'metadata.time.insert',
  params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
}

export type TopOptions = {
  /** Sessions without the field are a row of their own. */
  readonly withMissing?: boolean
  /** What is beyond the size is one row. */
  readonly withOthers?: boolean
  readonly dataType?: 'string' | 'number' | 'boolean'
  /** By the value, not by how often it is met. */
  readonly inOrder?: boolean
}

/** The most frequent values of a field. */
export function top(field: string, size: number, label: string, options: TopOptions = {}): Column {
  const { withMissing = false, withOthers = false, dataType = 'string', inOrder = false } = options
  return {
    label,
    customLabel: true,
    dataType,
    isBucketed: true,
    scale: 'ordinal',
    operationType: 'terms',
    sourceField: field,
    params: {
      size,
      // The column is the first measure of the layer, which is named when the layer is made.
      orderBy: inOrder ? { type: 'alphabetical', fallback: false } : { type: 'column', columnId: '' },
      orderDirection: inOrder ? 'asc' : 'desc',
      otherBucket: withOthers,
      missingBucket: withMissing,
      parentFormat: { id: 'terms' },
    },
  }
}

/** Groups with names, each what a KQL finds, in this order. */
export function groups(label: string, named: Readonly<Record<string, string>>): Column {
  return {
    label,
    customLabel: true,
    dataType: 'string',
    isBucketed: true,
    scale: 'ordinal',
    operationType: 'filters',
    params: {
      filters: Object.entries(named).map(([label, query]) => ({
        label,
        input: { language: 'kuery', query },
      })),
    },
  }
}
