// What is stored of erased sessions, so that the records before their erasure stay without effect for ever.
import { type DocumentFields, schemaVersion } from './document-fields.ts'
import type { ErasedKey, ErasedSpan } from './erasures.ts'
import { storedPosition } from './restored-session.ts'
import { sourceFields } from './session-document.ts'
import { type SessionKey, uuidV5 } from './session-id.ts'

/** What stays under an id of an erased session: that it was erased, and by which record. */
export type ErasedDocument = {
  readonly id: string
  readonly metadata: { readonly status: 'erased' }
  readonly source: DocumentFields['source']
  readonly schema_version: number
}

/** The span of a tab that was erased. Epoch ms, inclusive. */
export type ErasedSpanDocument = ErasedDocument & {
  readonly tabId: string
  readonly state: { readonly erased_from: number; readonly erased_to: number }
}

export function erasedDocument({ key, position }: ErasedKey): ErasedDocument {
  return {
    id: key.id,
    metadata: { status: 'erased' },
    source: sourceFields(position),
    schema_version: schemaVersion,
  }
}

/** Under a key of its own: a session that begins after the erasure may have that of the erased one. */
export function erasedSpanDocument({ tabId, from, to, position }: ErasedSpan): {
  readonly key: SessionKey
  readonly document: ErasedSpanDocument
} {
  const id = uuidV5(`erased:${position.epoch}:${position.offset}:${from}:${to}:${tabId}`)
  const key = { id, cellStart: from }
  const document = erasedDocument({ key, position })
  return { key, document: { ...document, tabId, state: { erased_from: from, erased_to: to } } }
}

/** The inverse of `erasedSpanDocument`. */
export function erasedSpanOf(document: ErasedSpanDocument): ErasedSpan {
  const { tabId, state } = document
  return { tabId, from: state.erased_from, to: state.erased_to, position: storedPosition(document) }
}
