// A made-up version 0 of the schema: `activity` was called `counts`, and nobody counted bounces.
import type { UpgradeSteps } from '../../src/core/schema-upgrade.ts'
import { isSession, type StoredDocument } from '../../src/core/session-document.ts'

type Counts = { readonly events: number; readonly page_views: number; readonly conversions: number }

/** A document as the earlier release would have written it. */
export function asVersion0(document: StoredDocument): StoredDocument {
  if (!isSession(document)) return { ...document, schema_version: 0 }
  const { activity, ...rest } = document
  const { bounced, ...counts } = activity
  return { ...rest, counts, schema_version: 0 } as unknown as StoredDocument
}

export const fromVersion0: UpgradeSteps = {
  0: (document: { readonly counts?: Counts }) => {
    if (document.counts === undefined) return document
    const { counts, ...rest } = document
    const bounced = counts.page_views <= 1 && counts.conversions === 0 ? 1 : 0
    return { ...rest, activity: { ...counts, bounced } }
  },
}
