// What a damaged store holds of a tab, made into sessions again. Healthy sessions come out as they went in.
import { dedupeWindowSize, inCommon, rememberedEvents } from './dedupe-window.ts'
import type { Erasures } from './erasures.ts'
import type { OpenSession } from './open-session.ts'
import { isBehind, type Position } from './position.ts'
import { merge, type Session } from './session.ts'
import { contains, joins } from './session-window.ts'

/** Sessions of one tab that are one, the earliest first. */
export type Group = readonly [OpenSession, ...OpenSession[]]

/**
 * What there was of a tab at a place in the log, in memory and in the store: in groups of those that are one, for they
 * are of the same id, within the gap of each other, or one lists the other. `holder`: a later session that has taken
 * the group in. One that began anew after an erasure has not.
 */
export function damagedGroups(
  held: readonly OpenSession[],
  stored: readonly OpenSession[],
  position: Position,
  gapMs: number,
  erasures: Erasures,
): { readonly group: Group; readonly holder: OpenSession | undefined }[] {
  const isEarlier = ({ head }: OpenSession) => isBehind(head.position, position)
  const isHeld = ({ key, head }: OpenSession) =>
    held.some(open => open.key.id === key.id && !isBehind(open.head.position, head.position))
  const earlier = [...held.filter(isEarlier), ...stored.filter(open => isEarlier(open) && !isHeld(open))]
  const later = held.filter(open => !isEarlier(open))
  return groupsOf(earlier, gapMs).map(group => ({
    group,
    holder: later.find(open => group.some(({ head, key }) => erasures.letMeet(open, head, key))),
  }))
}

function groupsOf(sessions: readonly OpenSession[], gapMs: number): Group[] {
  const byStart = (a: OpenSession, b: OpenSession) => a.start - b.start
  const groups: OpenSession[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const open of [...sessions].sort(byStart)) {
    if (joins({ start: open.start, end }, open.start, gapMs)) groups.at(-1)?.push(open)
    else groups.push([open])
    end = Math.max(end, open.end)
  }
  return linked(groups).map(group => group.sort(byStart) as [OpenSession, ...OpenSession[]])
}

function linked(groups: readonly OpenSession[][]): OpenSession[][] {
  const whole = new Set<OpenSession[]>()
  const byId = new Map<string, OpenSession[]>()
  for (const group of groups) {
    const others = new Set(idsOf(group).flatMap(id => (byId.has(id) ? [byId.get(id) as OpenSession[]] : [])))
    const all = [...group, ...[...others].flat()]
    for (const other of others) whole.delete(other)
    whole.add(all)
    for (const id of idsOf(all)) byId.set(id, all)
  }
  return [...whole]
}

const idsOf = (group: readonly OpenSession[]): string[] =>
  group.flatMap(({ key, head }) => [key.id, ...head.absorbed.map(({ id }) => id)])

/**
 * The session of the events of both, which may have some in common. Exact if one holds the other or they have none in
 * common, as far as their windows remember; else only `events` is: other counts are too high by those in common.
 */
export function united(a: Session, b: Session): Session {
  const [small, large] = a.events <= b.events ? [a, b] : [b, a]
  const common = inCommon(small.window, large.window)
  const isHeld = common === rememberedEvents(small.window) || hasForgotten(large, small)
  const session = merge(large, small)
  if (isHeld) return { ...large, absorbed: session.absorbed, createdAt: session.createdAt }
  session.events -= common
  return session
}

/** Whether it may hold all of the other, too long ago for its window. */
function hasForgotten(large: Session, small: Session): boolean {
  return (
    rememberedEvents(large.window) === dedupeWindowSize &&
    contains(large, small.start) &&
    contains(large, small.end)
  )
}
