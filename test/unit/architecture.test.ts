import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const files = globSync('src/**/*.ts', { cwd: root }).map(path => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}))

const importsOf = ({ path, text }: { path: string; text: string }) =>
  [...text.matchAll(/(?:^(?:import|export)[^'\n;]*from |^\} from |import\()'([^'\n]+)'/gm)].map(match => {
    const specifier = match[1] as string
    return specifier.startsWith('.') ? relative(root, join(root, dirname(path), specifier)) : specifier
  })

const roomOf = (path: string) => /^src\/(core|ports|adapters|commands)\//.exec(path)?.[1] ?? 'top'

test('imports run one way: main and commands → adapters → ports → core', () => {
  const allowed: Record<string, string[]> = {
    core: ['core'],
    ports: ['ports', 'core'],
    adapters: ['adapters', 'ports', 'core'],
    top: ['top', 'adapters', 'ports', 'core', 'commands'],
    commands: ['commands', 'top', 'adapters', 'ports', 'core'],
  }
  for (const file of files)
    for (const target of importsOf(file))
      if (target.startsWith('src/'))
        assert.ok(allowed[roomOf(file.path)]?.includes(roomOf(target)), `${file.path} imports ${target}`)
})

test('worker and pipeline know ports and core, no adapter', () => {
  for (const path of ['src/worker.ts', 'src/pipeline.ts', 'src/stored-sessions.ts', 'src/log-checks.ts']) {
    const file = files.find(candidate => candidate.path === path)
    assert.ok(file, path)
    for (const target of importsOf(file))
      assert.ok(!target.startsWith('src/adapters'), `${path} imports ${target}`)
  }
})

test('adapters of different technologies do not import each other', () => {
  const technologyOf = (path: string) => basename(path).split('-')[0]?.replace('kafkajs', 'kafka')
  for (const file of files.filter(({ path }) => path.startsWith('src/adapters/')))
    for (const target of importsOf(file).filter(path => path.startsWith('src/adapters/')))
      assert.equal(technologyOf(target), technologyOf(file.path), `${file.path} imports ${target}`)
})

test('core imports nothing but core, zod and the compiled schema, date-fns and hashes', () => {
  for (const file of files.filter(({ path }) => path.startsWith('src/core/')))
    for (const target of importsOf(file))
      assert.ok(
        /^(src\/core\/|date-fns\/\w+$)/.test(target) ||
          ['zod', 'ajv/dist/2020.js', '@date-fns/tz', 'node:crypto'].includes(target),
        `${file.path} imports ${target}`,
      )
})

test('a technology is imported by its adapters alone', () => {
  for (const [library, prefix] of [
    ['kafkajs', 'kafka'],
    ['@elastic/elasticsearch', 'elasticsearch'],
    ['node:sqlite', 'sqlite'],
    ['mmdb-lib', 'mmdb'],
    ['ua-parser-js', 'ua-parser'],
    ['prom-client', 'prometheus'],
    ['protobufjs', 'registry'],
  ] as const)
    for (const file of files)
      if (importsOf(file).some(target => target === library || target.startsWith(`${library}/`)))
        assert.ok(file.path.startsWith(`src/adapters/${prefix}`), `${file.path} imports ${library}`)
})

test('files stay small, and none is a drawer', () => {
  for (const { path, text } of files) {
    assert.ok(text.split('\n').length <= 310, `${path} has ${text.split('\n').length} lines`)
    assert.doesNotMatch(basename(path), /^(utils?|helpers?|types|common|index)\.ts$|manager/)
  }
})

test('the page makes no markup and no code of text, and knows no other host', () => {
  const scripts = globSync('page/*.js', { cwd: root })
  assert.ok(scripts.length > 5)
  for (const path of scripts) {
    const text = readFileSync(join(root, path), 'utf8')
    assert.doesNotMatch(
      text,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\b|new Function|import\(['"]http/,
      path,
    )
    const addresses = text.match(/https?:\/\/[^'"` ]+/g) ?? []
    assert.deepEqual(
      addresses.filter(one => !/^http:\/\/www\.w3\.org\/|^https:\/\/db-ip\.com$/.test(one)),
      [],
      path,
    )
  }
  const html = readFileSync(join(root, 'page/index.html'), 'utf8')
  assert.doesNotMatch(html, /<style|<script(?![^>]*src=)| style=| on\w+=|https?:/)
})
