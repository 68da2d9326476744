import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { indexOf, indexPattern, isIndexOf } from '../../../src/adapters/elasticsearch-index.ts'
import {
  documentMapping,
  settingsContent,
  templateContent,
} from '../../../src/adapters/elasticsearch-mapping.ts'
import { documentFields, type FieldTree, isField } from '../../../src/core/document-fields.ts'

const golden = new URL('../../golden/elasticsearch-template.json', import.meta.url)

describe('the index template', () => {
  it('is the one that was reviewed', () => {
    const parts = { template: templateContent('sessions'), settings: settingsContent('sessions@lifecycle') }
    const made = JSON.parse(JSON.stringify(parts))
    // UPDATE_GOLDEN=1 writes it anew; the change is then read in the diff.
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, JSON.stringify(made, null, 2))
    assert.deepEqual(made, JSON.parse(readFileSync(golden, 'utf8')))
  })

  it('maps every field of the document, and nothing else but the alias and the redirect', () => {
    const leaves = leafPaths(documentFields)
    const mapped = mappedPaths(documentMapping() as Mapped)
    assert(leaves.length > 80)
    assert.deepEqual(mapped.toSorted(), [...leaves, '@timestamp', 'merged_into'].sort())
  })

  it('is strict in every object of ours, and takes no new field at the root', () => {
    assert.equal(documentMapping().dynamic, false)
    const objects = (node: Mapped): Mapped[] =>
      Object.values(node.properties ?? {}).flatMap(child =>
        child.properties ? [child, ...objects(child)] : [],
      )
    const all = objects(documentMapping() as Mapped)
    assert(all.length > 10)
    for (const object of all) assert.equal(object.dynamic, 'strict')
  })
})

describe('the index of a document', () => {
  const cases: [instant: string, index: string][] = [
    ['1970-01-01T00:00:00Z', 'sessions-1970.01.01'],
    ['2026-11-30T23:59:59.999Z', 'sessions-2026.11.01'],
    ['2026-12-01T00:00:00Z', 'sessions-2026.12.01'],
    ['9999-12-31T23:50:00Z', 'sessions-9999.12.01'],
  ]
  for (const [instant, index] of cases)
    it(`of ${instant} is ${index}`, () => {
      assert.equal(indexOf('sessions', Date.parse(instant)), index)
      assert(isIndexOf('sessions', index))
    })

  it('is found by the pattern, and the alias is not', () => {
    assert.equal(indexPattern('sessions'), 'sessions-*')
    for (const other of ['sessions', 'sessions-test-2026.11.01', 'sessions-2026.11.02', 'sessions-2026.11'])
      assert(!isIndexOf('sessions', other), other)
  })
})

type Mapped = { readonly dynamic?: unknown; readonly properties?: { readonly [name: string]: Mapped } }

function leafPaths(tree: FieldTree, path = ''): string[] {
  return Object.entries(tree).flatMap(([name, node]) =>
    isField(node) ? [path + name] : leafPaths(node, `${path}${name}.`),
  )
}

function mappedPaths({ properties = {} }: Mapped, path = ''): string[] {
  return Object.entries(properties).flatMap(([name, node]) =>
    node.properties ? mappedPaths(node, `${path}${name}.`) : [path + name],
  )
}
