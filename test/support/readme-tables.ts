// The tables of the README and the files of deploy/ that are made, from where their facts live. `npm run docs` writes them; a test holds them equal.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Privileges,
  setupPrivileges,
  workerPrivileges,
} from '../../src/adapters/elasticsearch-privileges.ts'
import { kibanaObjects } from '../../src/adapters/kibana-dashboards.ts'
import { savedObjectLines } from '../../src/adapters/kibana-import.ts'
import { type MetricSpec, metricList } from '../../src/adapters/prometheus-metric-list.ts'
import { flagOf, hasFlag } from '../../src/config.ts'
import { documentFields, type Field, type FieldTree, isField } from '../../src/core/document-fields.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import { deadLetterReasons } from '../../src/core/outcome.ts'
import { rawEventSchema } from '../../src/core/raw-event.ts'
import { choicesOf } from '../../src/setting.ts'
import { type SettingName, settings } from '../../src/settings.ts'

import { asyncApi, asyncApiPath, jsonSchema, schemaPath } from './producer-contracts.ts'

export const readmePath = join(import.meta.dirname, '../../README.md')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const tables: Readonly<Record<string, () => string>> = {
  settings: () =>
    table(
      ['variable', 'flag', 'default', 'meaning'],
      (Object.keys(settings) as SettingName[]).map(name => {
        const { env, default: fallback, about } = settings[name]
        const flag = hasFlag(name) ? `\`${flagOf(name)}\`` : ''
        const choices = choicesOf(settings[name]).map(choice => `\`${choice}\``)
        const meaning = choices.length === 0 ? about : `${about}. One of ${choices.join(', ')}`
        return [`\`${env}\``, flag, fallback === '' ? '' : `\`${fallback}\``, meaning]
      }),
    ),
  event: () =>
    table(
      ['field', 'meaning'],
      Object.entries(rawEventSchema.shape).map(([name, schema]) => [`\`${name}\``, schema.description ?? '']),
    ),
  metrics: () =>
    table(
      ['metric', 'type', 'labels', 'meaning'],
      Object.values<MetricSpec>(metricList).map(({ name, type, labels, about }) => [
        `\`${name}\``,
        type,
        Object.keys(labels)
          .map(label => `\`${label}\``)
          .join(', '),
        about,
      ]),
    ),
  document: () => table(['field', 'type', 'meaning'], fieldRows(documentFields, '')),
  privileges: () =>
    table(
      ['command', 'on', 'privilege', 'for'],
      [...privilegeRows('run', workerPrivileges), ...privilegeRows('setup', setupPrivileges)],
    ),
  reasons: () =>
    table(
      ['reason', 'meaning'],
      Object.entries(deadLetterReasons).map(([reason, about]) => [`\`${reason}\``, about]),
    ),
}

function privilegeRows(command: string, { index, cluster }: Privileges): string[][] {
  const rows = (on: string, reasons: object) =>
    Object.entries(reasons).map(([name, about]) => [`\`${command}\``, on, `\`${name}\``, about])
  return [...rows('`INDEX_PREFIX-*`', index), ...rows('cluster', cluster)]
}

function fieldRows(tree: FieldTree, path: string): string[][] {
  return Object.entries(tree).flatMap(([name, node]: [string, Field | FieldTree]) =>
    isField(node)
      ? [[`\`${path}${name}\``, `${node.kind}${node.nullable ? ' or null' : ''}`, node.about]]
      : fieldRows(node, `${path}${name}.`),
  )
}

/** A text with every one of these tables as it should be. */
function withEach(given: string, renders: Readonly<Record<string, () => string>>): string {
  return Object.entries(renders).reduce((text, [name, render]) => {
    const [begin, end] = [`<!-- table: ${name} -->`, `<!-- end: ${name} -->`]
    const [before, rest] = text.split(begin)
    const after = rest?.split(end)[1]
    if (after === undefined) throw new Error(`there is no place for the table "${name}"`)
    return `${before}${begin}\n${render()}\n${end}${after}`
  }, given)
}

/** The README with every table as it should be. */
export const withTables = (readme: string): string => withEach(readme, tables)

export const formatsPath = join(import.meta.dirname, '../../deploy/producers/formats.md')

/** What the page on formats says of tab ids. */
export const withFormats = (page: string): string =>
  withEach(page, {
    'tab-ids': () =>
      table(
        ['`EVENT_FORMAT`', 'fields, the first that is there'],
        Object.values(eventFormats)
          .filter(({ tabIdChain }) => tabIdChain.length > 0)
          .map(({ name, tabIdChain }) => [
            `\`${name}\``,
            tabIdChain.map(field => `\`${field}\``).join(' · '),
          ]),
      ),
  })

export const environmentPath = join(import.meta.dirname, '../../deploy/sessionloom.env.example')

/** Every setting as a line to uncomment, for `--env-file`, systemd or Compose. */
export function environmentExample(): string {
  const lines = Object.values(settings).map(setting => {
    const choices = choicesOf(setting).join(', ')
    return `# ${setting.about}.${choices && ` One of ${choices}.`}\n#${setting.env}=${setting.default}\n`
  })
  return `# Settings of Sessionloom and their defaults. Made by \`npm run docs\`.\n\n${lines.join('\n')}`
}

export const kibanaPath = join(import.meta.dirname, '../../deploy/kibana/sessionloom.ndjson')

/** What `setup` brings into Kibana with the default prefix, to import it by hand. */
export const kibanaExample = (): string => savedObjectLines(kibanaObjects('sessions'))

if (import.meta.main) {
  writeFileSync(readmePath, withTables(readFileSync(readmePath, 'utf8')))
  writeFileSync(formatsPath, withFormats(readFileSync(formatsPath, 'utf8')))
  writeFileSync(schemaPath, jsonSchema())
  writeFileSync(asyncApiPath, asyncApi())
  writeFileSync(environmentPath, environmentExample())
  writeFileSync(kibanaPath, kibanaExample())
}
