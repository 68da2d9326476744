import type { OpenSession } from './open-session.ts'
import { contains } from './session-window.ts'

/** The sessions in memory, found by their tab. */
export class SessionsByTab {
  readonly #tabs = new Map<string, OpenSession[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  of(tabId: string): readonly OpenSession[] {
    return this.#tabs.get(tabId) ?? none
  }

  all(): OpenSession[] {
    return [...this.#tabs.values()].flat()
  }

  add(open: OpenSession): void {
    const { tabId } = open.head
    const sessions = this.#tabs.get(tabId)
    if (sessions === undefined) this.#tabs.set(tabId, [open])
    else sessions.push(open)
    this.#size++
  }

  /** Nothing if it is not there. */
  remove(open: OpenSession): void {
    const sessions = this.#tabs.get(open.head.tabId)
    const at = sessions?.indexOf(open) ?? -1
    if (sessions === undefined || at === -1) return
    this.#size--
    if (sessions.length === 1) this.#tabs.delete(open.head.tabId)
    else sessions.splice(at, 1)
  }
}

const none: readonly OpenSession[] = []

/** The session that an instant lies in. Not `find`: this is asked for each event, and a closure is garbage. */
export function containing(sessions: readonly OpenSession[], time: number): OpenSession | undefined {
  for (const open of sessions) if (contains(open, time)) return open
  return undefined
}
