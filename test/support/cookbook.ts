// The queries of deploy/elasticsearch/queries.md, as a reader would copy them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Recipe = {
  readonly title: string
  readonly searches: readonly { readonly index: string; readonly body: string }[]
  readonly esql: string
}

const path = join(import.meta.dirname, '../../deploy/elasticsearch/queries.md')

export function recipes(): Recipe[] {
  const [, ...sections] = readFileSync(path, 'utf8').split(/^## /m)
  return sections.map(section => {
    const blocks = (kind: string) =>
      [...section.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(
        match => match[1] as string,
      )
    const searches = blocks('console').map(text => {
      const [, index, body] = /^POST (\S+)\/_search\n(.*)$/s.exec(text) ?? []
      if (index === undefined || body === undefined) throw new Error(`no search: ${text}`)
      return { index, body }
    })
    const [esql, ...more] = blocks('esql')
    if (esql === undefined || more.length > 0) throw new Error(`not one ES|QL query: ${section}`)
    return { title: section.split('\n')[0] as string, searches, esql }
  })
}
