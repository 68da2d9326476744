import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { compileFieldMap } from '../../src/core/formats/field-map.ts'
import {
  environmentExample,
  environmentPath,
  formatsPath,
  kibanaExample,
  kibanaPath,
  readmePath,
  withFormats,
  withTables,
} from '../support/readme-tables.ts'

test('the tables of the README are what the code says (`npm run docs` writes them)', () => {
  const readme = readFileSync(readmePath, 'utf8')
  assert.equal(readme, withTables(readme))
})

test('the page on formats says of tab ids what the code does (`npm run docs` writes it)', () => {
  const page = readFileSync(formatsPath, 'utf8')
  assert.equal(page, withFormats(page))
})

test('the field map of the page on formats is one without a fault', () => {
  const [, example] = /```json\n([\s\S]*?)```/.exec(readFileSync(formatsPath, 'utf8')) ?? []
  const compiled = compileFieldMap(JSON.parse(example as string))
  assert.ok(compiled.ok, JSON.stringify(compiled))
})

test('the example of an environment file has every setting (`npm run docs` writes it)', () => {
  assert.equal(readFileSync(environmentPath, 'utf8'), environmentExample())
})

test('the file to import into Kibana by hand is what `setup` brings there (`npm run docs` writes it)', () => {
  assert.equal(readFileSync(kibanaPath, 'utf8'), kibanaExample())
})

const root = join(import.meta.dirname, '../..')
const pages = globSync(['*.md', 'deploy/**/*.md'], { cwd: root })

test('every file that a page links to is there', () => {
  const missing = pages.flatMap(page => {
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]+)/g)].map(
      ([, link]) => link as string,
    )
    return links.filter(
      link => !/^(https?|mailto):/.test(link) && !existsSync(join(root, dirname(page), link)),
    )
  })
  assert.deepEqual(missing, [])
})

test('every script of npm and every command that a page names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const main = readFileSync(join(root, 'src/main.ts'), 'utf8')
  const named = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name as string)
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const script of named(text, /npm run (?:-s )?([a-z:]+)/g))
      assert.ok(Object.hasOwn(scripts, script), `${page}: npm run ${script}`)
    for (const command of named(text, /(?:npm start -s --|`sessionloom) ([a-z-]+)/g))
      assert.match(main, new RegExp(`\\[\\s*'${command}',`), `${page}: sessionloom ${command}`)
  }
})
