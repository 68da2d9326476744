// Names. An index belongs to a month of the cells of its sessions: a document never moves, and the name lets a
// lifecycle policy age the index by its sessions.
import { monthOf } from '../core/instant.ts'

/** The index of the documents whose cell begins at `cellStart` (epoch ms): `sessions-2026.11.01`. */
export function indexOf(prefix: string, cellStart: number): string {
  return `${prefix}-${monthOf(cellStart).replace('-', '.')}.01`
}

/** All indices of a prefix. The alias that users query is the bare prefix, so this never meets it. */
export function indexPattern(prefix: string): string {
  return `${prefix}-*`
}

/** Whether an index that the pattern finds has one of our names. */
export function isIndexOf(prefix: string, index: string): boolean {
  return index.startsWith(`${prefix}-`) && /^\d{4}\.\d{2}\.01$/.test(index.slice(prefix.length + 1))
}
