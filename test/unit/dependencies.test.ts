import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '../..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const json = (path: string) => JSON.parse(text(path))

type Locked = {
  readonly version: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly hasInstallScript?: boolean
  readonly link?: boolean
}
const manifest = json('package.json')
const { packages } = json('package-lock.json') as { packages: Record<string, Locked> }
/** All that `npm ci` can install, of any platform, with the path that it gets. */
const locked = Object.entries(packages).filter(([path]) => path !== '')

const permissive = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'CC0-1.0',
  'BlueOak-1.0.0',
  'Unlicense',
  'Python-2.0',
])

/** They tell their licence in the old way, or in a file alone, which does not reach the lock file. */
const toldInTheOldWay: Record<string, string> = {
  'node_modules/@gleanwork/api-client': 'MIT',
  'node_modules/buildcheck': 'MIT',
  'node_modules/cpu-features': 'MIT',
  'node_modules/ssh2': 'MIT',
  'node_modules/uap-core': 'Apache-2.0',
}

/** Data, not code: its licence asks for a line in README and NOTICE. */
const attributed = { licence: 'SEE LICENSE IN DBIP-LICENSE (CC-BY-4.0)', line: /DB-IP.*https:\/\/db-ip\.com/ }

const isPermissive = (licence: string): boolean =>
  licence.split(' OR ').some(part => permissive.has(part.replace(/[()]/g, '')))

describe('every package that npm ci installs', () => {
  it('has a permissive licence, or is data that README and NOTICE attribute', () => {
    assert.ok(locked.length > 100)
    for (const [path, { license = toldInTheOldWay[path] }] of locked) {
      if (license === attributed.licence) {
        for (const file of ['README.md', 'NOTICE']) assert.match(text(file), attributed.line, file)
        continue
      }
      assert.ok(license !== undefined && isPermissive(license), `${path}: ${license}`)
    }
  })

  it('has the licence that the lock file says, where it is installed', () => {
    for (const [path, { license = toldInTheOldWay[path] }] of locked) {
      // Packages of other platforms are not.
      if (!existsSync(join(root, path, 'package.json'))) continue
      const { license: own, licenses } = json(join(path, 'package.json'))
      const told = own ?? licenses?.map(({ type }: { type: string }) => type).join(' OR ')
      if (told !== undefined) assert.equal(told, license, path)
      else assert.equal(text(join(path, 'LICENSE')).split('\n')[0], `${license} License`, path)
    }
  })

  it('is fixed by its hash, and comes from the public registry alone', () => {
    for (const [path, { resolved, integrity, link }] of locked) {
      assert.match(integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/, path)
      assert.ok(resolved === undefined || resolved.startsWith('https://registry.npmjs.org/'), path)
      assert.equal(link, undefined, path)
    }
  })
})

describe('every dependency of ours', () => {
  const own: [string, string][] = [manifest.dependencies, manifest.devDependencies].flatMap(Object.entries)

  it('is pinned to one version', () => {
    for (const [name, version] of own) assert.match(version, /^\d+\.\d+\.\d+$/, name)
  })

  it('is locked to that version', () => {
    assert.deepEqual(packages['']?.version, manifest.version)
    for (const [name, version] of own) assert.equal(packages[`node_modules/${name}`]?.version, version, name)
  })
})

describe('an install script', () => {
  const paths = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)
  const withScript = [...new Set(paths.map(path => path.replace(/^.*node_modules\//, '')))]

  it('is one that package.json has decided on', () => {
    assert.deepEqual(withScript.sort(), Object.keys(manifest.allowScripts).sort())
  })

  it('is explained in SECURITY.md', () => {
    for (const name of withScript) assert.ok(text('SECURITY.md').includes(`\`${name}\``), name)
  })

  it('comes with no package that the product itself needs', () => {
    const development = packages as Record<string, Locked & { dev?: boolean }>
    for (const path of paths) assert.equal(development[path]?.dev, true, path)
  })
})
