// Breaks the code on purpose, one line at a time, and sees whether a test notices: `npm run test:mutants`.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mutations } from './mutations.ts'

const root = join(import.meta.dirname, '../..')
const wanted = process.argv.slice(2)
const copy = mkdtempSync(join(tmpdir(), 'mutants-'))
let missed = 0
try {
  for (const directory of ['src', 'test'])
    cpSync(join(root, directory), join(copy, directory), { recursive: true })
  cpSync(join(root, 'package.json'), join(copy, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const mutation of mutations) {
    if (wanted.length > 0 && !wanted.some(word => mutation.name.includes(word))) continue
    const path = join(copy, mutation.file)
    const original = readFileSync(path, 'utf8')
    if (original.split(mutation.find).length !== 2)
      throw new Error(`"${mutation.name}": its text is not found exactly once in ${mutation.file}`)
    writeFileSync(
      path,
      original.replace(mutation.find, () => mutation.replace),
    )
    const run = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...mutation.tests], {
      cwd: copy,
      encoding: 'utf8',
      env: { ...process.env, SIMULATION_RUNS: '3000' },
    })
    writeFileSync(path, original)
    const failed =
      /^not ok \d+ - (?!.*test\.ts$)(.*)$/m.exec(run.stdout)?.[1] ??
      /^ *not ok \d+ - (.*)$/m.exec(run.stdout)?.[1]
    const seed = /seed (\d+)/.exec(run.stdout)?.[1]
    if (run.status === 0) missed++
    console.log(
      `${run.status === 0 ? 'MISSED' : 'caught'}  ${mutation.name}${run.status === 0 ? '' : ` — ${failed}${seed ? ` (seed ${seed})` : ''}`}`,
    )
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.exitCode = missed === 0 ? 0 : 1
