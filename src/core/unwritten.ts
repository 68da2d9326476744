// What memory knows and the store does not yet: changed sessions, and redirects of ids that they had or took in.
import type { OpenSession, Redirect } from './open-session.ts'
import { isBehind, type Position } from './position.ts'
import type { SessionKey } from './session-id.ts'

export class Unwritten {
  readonly #writesOpen: boolean
  #changed: OpenSession[] = []
  #redirects = new Map<string, Redirect>()

  /** `writesOpen`: whether sessions are written while they are open. */
  constructor(writesOpen: boolean) {
    this.#writesOpen = writesOpen
  }

  mark(open: OpenSession): void {
    if (open.isChanged) return
    open.isChanged = true
    this.#changed.push(open)
  }

  redirect(from: SessionKey, into: OpenSession, position: Position): void {
    this.#redirects.set(from.id, { tabId: into.head.tabId, from, into, position })
  }

  /** From a session as it is stored, unless a redirect that replaces it waits already: that names its own record. */
  redirectStored(from: SessionKey, stored: Position, into: OpenSession): void {
    const waiting = this.#redirects.get(from.id)
    if (waiting === undefined || isBehind(waiting.position, stored))
      this.redirect(from, into, into.head.position)
  }

  /** Forgets the redirects to a session. Gives the keys that they were from. */
  takeRedirectsTo(open: OpenSession): SessionKey[] {
    const keys: SessionKey[] = []
    for (const [id, { from, into }] of this.#redirects) {
      if (into.lastHeir !== open) continue
      this.#redirects.delete(id)
      keys.push(from)
    }
    return keys
  }

  get sessions(): OpenSession[] {
    return this.#changed.filter(open => !open.isGone && !this.#waits(open))
  }

  /** To be written after the sessions, resolved to where they lead now. */
  get redirects(): Redirect[] {
    const redirects: Redirect[] = []
    for (const redirect of this.#redirects.values()) {
      const into = redirect.into.lastHeir
      if (into.key.id !== redirect.from.id && !this.#waits(into)) redirects.push({ ...redirect, into })
    }
    return redirects
  }

  /** All of them are durable. */
  settle(nowMs: number): void {
    const waiting = this.#changed.filter(open => !open.isGone && this.#waits(open))
    for (const [id, { into }] of this.#redirects) if (!this.#waits(into.lastHeir)) this.#redirects.delete(id)
    for (const open of this.#changed) {
      if (this.#waits(open)) continue
      open.isChanged = false
      open.session.createdAt ??= nowMs
    }
    this.#changed = waiting
  }

  /** Whether a changed session is not written yet, nor what leads to it. */
  #waits(open: OpenSession): boolean {
    return !this.#writesOpen && open.isChanged && open.status === 'active'
  }
}
