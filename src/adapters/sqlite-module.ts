// Node's SQLite, without the warning of Node 22 that it is experimental: the package is tested there, and what it uses is
// the same in later ones. Every other warning is told.
import type sqlite from 'node:sqlite'

type Warn = Pick<NodeJS.Process, 'emitWarning'>

/** Loads a module, and leaves out what Node says of its being experimental while it does. */
export function loadQuietly<T>(name: string, load: () => T, node: Warn = process): T {
  const { emitWarning } = node
  node.emitWarning = (...words: unknown[]) => {
    const [warning, kind] = words
    const isExpected =
      kind === 'ExperimentalWarning' && String(warning).startsWith(`${name} is an experimental`)
    if (!isExpected) Reflect.apply(emitWarning, node, words)
  }
  try {
    return load()
  } finally {
    node.emitWarning = emitWarning
  }
}

export const { DatabaseSync } = loadQuietly(
  'SQLite',
  () => process.getBuiltinModule('node:sqlite') as typeof sqlite,
)
