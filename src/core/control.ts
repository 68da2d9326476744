// Control records: what an operator asks of the owner of a partition, at a place in the log like any event.
import { z } from 'zod'
import type { JsonObject } from './json.ts'
import type { Position } from './position.ts'

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
  z.object({ [mark]: z.literal('repair'), tabId: z.string().min(1).max(256) }).strict(),
])

export type Control = Erase | Repair

/**
 * All sessions that show this profile, with what was before it in the log: those of the partition that were touched
 * in this epoch, or, with a tab, all of the tab's. A session of an earlier epoch may have moved with its tab, so
 * only the tab's owner can erase it.
 */
export type Erase = { readonly kind: 'erase'; readonly profileId: string; readonly tabId: string | null }

/** What is stored of a tab is put in order and written again. Only the tab's owner can do it. */
export type Repair = { readonly kind: 'repair'; readonly tabId: string }

/** A control at its place in the log. */
export type PlacedControl<C extends Control = Control> = {
  readonly control: C
  readonly position: Position
}

export const isErase = (placed: PlacedControl): placed is PlacedControl<Erase> =>
  placed.control.kind === 'erase'
export const isRepair = (placed: PlacedControl): placed is PlacedControl<Repair> =>
  placed.control.kind === 'repair'

export const isControl = (value: JsonObject): boolean => Object.hasOwn(value, mark)

/** The control that a record's value is; null if it is none that this release knows. */
export function controlOf(value: JsonObject): Control | null {
  const parsed = control.safeParse(value)
  if (!parsed.success) return null
  const { data } = parsed
  if (data[mark] === 'repair') return { kind: 'repair', tabId: data.tabId }
  return { kind: 'erase', profileId: data.profileId, tabId: data.tabId ?? null }
}

/** The value of a control record. */
export function encodeControl(control: Control): string {
  const { kind, ...rest } = control
  return JSON.stringify({ [mark]: kind, ...rest }, (_, value) => value ?? undefined)
}
