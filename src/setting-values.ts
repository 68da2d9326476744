// How the text of a setting is read.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { compileFieldMap } from './core/formats/field-map.ts'

/** Milliseconds of `500ms`, `30s`, `10m`, `12h`, `30d`; Infinity of `unlimited`; null of anything else. */
export function parseDuration(text: string): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text)
  if (match === null) return null
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 'ms']
  return Number(match[1]) * unitMs
}

export const text = z.string().trim().min(1, 'must not be empty')
const itemsOf = (value: string): string[] =>
  value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
export const list = text.transform(itemsOf)
export const offOrOn = z.enum(['off', 'on'], 'expected `off` or `on`')
export const listOrNone = z.string().transform(itemsOf)

/** Host names in lower case, without the `www.` that no comparison looks at. */
export const hosts = listOrNone
  .transform(items => items.map(item => item.toLowerCase().replace(/^www\./, '')))
  .refine(
    items => items.every(item => /^[a-z0-9_-][a-z0-9._-]*$/.test(item)),
    'expected host names such as shop.example, separated by commas',
  )

export function duration({ min, unlimited = false }: { min: number; unlimited?: boolean }) {
  const example = unlimited ? '`30s`, `10m`, `30d` or `unlimited`' : '`500ms`, `30s`, `10m` or `30d`'
  return text.transform((value, context) => {
    const ms = parseDuration(value)
    if (ms === null || (ms === Number.POSITIVE_INFINITY && !unlimited)) {
      context.addIssue(`expected a duration such as ${example}`)
      return z.NEVER
    }
    if (ms >= min) return ms
    context.addIssue(`must be at least ${min} ms`)
    return z.NEVER
  })
}

export function whole(min: number, max: number) {
  return text
    .refine(value => /^\d+$/.test(value), `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine(value => value >= min && value <= max, `expected a whole number from ${min} to ${max}`)
}

/** `null` for `off`. */
export const httpAddress = text.transform((value, context) => {
  if (value === 'off') return null
  const match = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+):(\d{1,5})$/.exec(value)
  const port = Number(match?.[2])
  if (match !== null && port <= 65_535) return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port }
  context.addIssue('expected host:port such as 127.0.0.1:9464, or `off`')
  return z.NEVER
})

export const topic = text.regex(
  /^(?!\.\.?$)[a-zA-Z0-9._-]{1,249}$/,
  'expected a topic name: letters, digits, `.`, `_`, `-`, and more than dots',
)

/** The text of a PEM file of this kind; null where no file is named. Node takes any other for no certificate at all. */
export const pemFile = (kind: 'certificate' | 'private key') =>
  z.string().transform((path, context) => {
    if (path === '') return null
    try {
      const pem = readFileSync(path, 'utf8')
      if (new RegExp(`-----BEGIN ([A-Z0-9]+ )*${kind.toUpperCase()}-----`).test(pem)) return pem
      context.addIssue(`has no ${kind} in PEM in it`)
    } catch (error) {
      context.addIssue(`cannot be read: ${(error as NodeJS.ErrnoException).code}`)
    }
    return z.NEVER
  })

/** The format that a FIELD_MAP file describes; null where no file is named. */
export const fieldMapFile = z.string().transform((path, context) => {
  if (path === '') return null
  const compiled = compileFieldMap(readJson(path, context))
  if (compiled.ok) return compiled.format
  if (context.issues.length === 0) for (const fault of compiled.faults) context.addIssue(fault)
  return z.NEVER
})

function readJson(path: string, context: z.core.$RefinementCtx): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // The rest of the message quotes the file.
    const place = /\(line \d+ column \d+\)$/.exec(message)?.[0]
    context.addIssue(code === undefined ? `is no JSON ${place ?? ''}`.trim() : `cannot be read: ${code}`)
    return undefined
  }
}
