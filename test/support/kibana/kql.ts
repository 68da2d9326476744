// The part of Kibana's query language that the dashboards use, as queries that Elasticsearch understands.
import type { estypes } from '@elastic/elasticsearch'

type Query = estypes.QueryDslQueryContainer

const tokens = /\s*("(?:[^"\\]|\\.)*"|>=|<=|[():<>*]|[^\s():<>"*]+)/y

/** `now` as the query should have it: a sample's last moment, in a test. @throws for what it does not know */
export function kqlQuery(kql: string, now = 'now'): Query {
  if (kql.trim() === '') return { match_all: {} }
  const words = tokensOf(kql)
  const query = either(words, now)
  if (words.length > 0) throw new Error(`KQL: what is ${words.join(' ')} in ${kql}?`)
  return query
}

function tokensOf(kql: string): string[] {
  const words: string[] = []
  tokens.lastIndex = 0
  while (tokens.lastIndex < kql.trimEnd().length) {
    const match = tokens.exec(kql)
    if (match === null) throw new Error(`KQL: ${kql}`)
    words.push(match[1] as string)
  }
  return words
}

function either(words: string[], now: string): Query {
  const any = [all(words, now)]
  while (words[0] === 'or') any.push(all(words.splice(0, 1) && words, now))
  return any.length === 1 ? (any[0] as Query) : { bool: { should: any, minimum_should_match: 1 } }
}

function all(words: string[], now: string): Query {
  const every = [one(words, now)]
  while (words[0] === 'and') every.push(one(words.splice(0, 1) && words, now))
  return every.length === 1 ? (every[0] as Query) : { bool: { filter: every } }
}

function one(words: string[], now: string): Query {
  const [first] = words
  if (first === 'not') return { bool: { must_not: [one(words.splice(0, 1) && words, now)] } }
  if (first === '(') {
    words.shift()
    const inner = either(words, now)
    if (words.shift() !== ')') throw new Error('KQL: a bracket is open')
    return inner
  }
  return clause(words.splice(0, 3), now)
}

const comparisons: Readonly<Record<string, string>> = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' }

function clause([field, operator, value]: string[], now: string): Query {
  if (!field || !operator || !value) throw new Error(`KQL: ${field} ${operator} ${value}`)
  const text = value.replace(/^"(.*)"$/, '$1')
  if (operator === ':') return value === '*' ? { exists: { field } } : { term: { [field]: text } }
  const comparison = comparisons[operator]
  if (comparison === undefined) throw new Error(`KQL: ${operator}`)
  const bound = text.startsWith('now') ? text.replace('now', now) : text
  return { range: { [field]: { [comparison]: bound } } }
}
