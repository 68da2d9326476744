import type { OpenSession } from './open-session.ts'
import { contains } from './session-window.ts'

/** The sessions in memory, found by their tab. Most tabs have one, which saves its list. */
export class SessionsByTab {
  readonly #tabs = new Map<string, OpenSession | OpenSession[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  of(tabId: string): readonly OpenSession[] {
    const held = this.#tabs.get(tabId)
    if (held === undefined) return none
    return Array.isArray(held) ? held : [held]
  }

  all(): OpenSession[] {
    return [...this.#tabs.values()].flat()
  }

  add(open: OpenSession): void {
    const { tabId } = open.head
    const held = this.#tabs.get(tabId)
    if (held === undefined) this.#tabs.set(tabId, open)
    else if (Array.isArray(held)) held.push(open)
    else this.#tabs.set(tabId, [held, open])
    this.#size++
  }

  /** Nothing if it is not there. */
  remove(open: OpenSession): void {
    const { tabId } = open.head
    const held = this.#tabs.get(tabId)
    if (held === open) this.#tabs.delete(tabId)
    else if (Array.isArray(held) && held.includes(open)) held.splice(held.indexOf(open), 1)
    else return
    if (Array.isArray(held) && held.length === 1) this.#tabs.set(tabId, held[0] as OpenSession)
    this.#size--
  }
}

const none: readonly OpenSession[] = []

/** The session that an instant lies in. Not `find`: this is asked for each event, and a closure is garbage. */
export function containing(sessions: readonly OpenSession[], time: number): OpenSession | undefined {
  for (const open of sessions) if (contains(open, time)) return open
  return undefined
}
