// Control records: what an operator asks of the owner of a partition, at a place in the log like any event.
import { z } from 'zod'
import type { JsonObject } from './json.ts'
import type { Position } from './session.ts'

/** No event has this field, and no record is a control without it. */
const mark = 'sessionloom'

const control = z.discriminatedUnion(mark, [
  z
    .object({
      [mark]: z.literal('erase'),
      profileId: z.string().min(1).max(256),
      tabId: z.string().min(1).max(256).optional(),
    })
    .strict(),
])

export type Control =
  /**
   * All sessions that show this profile, with what was before it in the log: those of the partition that were touched
   * in this epoch, or, with a tab, all of the tab's. A session of an earlier epoch may have moved with its tab, so
   * only the tab's owner can erase it.
   */
  { readonly kind: 'erase'; readonly profileId: string; readonly tabId: string | null }

/** A control at its place in the log. */
export type PlacedControl = { readonly control: Control; readonly position: Position }

export const isControl = (value: JsonObject): boolean => Object.hasOwn(value, mark)

/** The control that a record's value is; null if it is none that this release knows. */
export function controlOf(value: JsonObject): Control | null {
  const parsed = control.safeParse(value)
  if (!parsed.success) return null
  const { [mark]: kind, profileId, tabId = null } = parsed.data
  return { kind, profileId, tabId }
}

/** The value of a control record. */
export function encodeControl({ kind, profileId, tabId }: Control): string {
  return JSON.stringify({ [mark]: kind, profileId, ...(tabId !== null && { tabId }) })
}
