// The rights that the README promises to be enough, as its tables have them.
import { readFileSync } from 'node:fs'
import type { Right } from './kafka-rights.ts'
import { readmePath } from './readme-tables.ts'
import type { Role } from './secure-elasticsearch.ts'

/** The privileges on Elasticsearch of a command. */
export function documentedRole(command: 'run' | 'setup'): Role {
  const rows = readFileSync(readmePath, 'utf8').matchAll(/^\| `(run|setup)` \| (\S+) \| `(\w+)` \|/gm)
  const own = [...rows].filter(([, of]) => of === command)
  const on = (place: string) =>
    own.filter(([, , where]) => where === place).map(([, , , name]) => name as string)
  return { cluster: on('cluster'), index: on('`INDEX_PREFIX-*`') }
}

/** Each role that lacks one privilege of another role, with that privilege. */
export function withoutEach({ cluster, index }: Role): { readonly privilege: string; readonly role: Role }[] {
  const all = [...cluster, ...index]
  return all.map(privilege => ({
    privilege,
    role: {
      cluster: cluster.filter(name => name !== privilege),
      index: index.filter(name => name !== privilege),
    },
  }))
}

/** The rights on Kafka of a command, with the settings of these values. */
export function documentedRights(
  command: 'run' | 'setup' | 'produce',
  settings: Readonly<Record<string, string>>,
): Right[] {
  const row = /^\| `(run|setup|produce)` \| (topic|group) `(\w+)` \| (\w+) \|/gm
  const rows = [...readFileSync(readmePath, 'utf8').matchAll(row)].filter(([, of]) => of === command)
  return rows.map(([, , on, setting, operation]) => ({
    on: on as Right['on'],
    name: settings[setting as string] as string,
    operation: operation as Right['operation'],
  }))
}
