import type { Position } from './position.ts'
import { restoredHead, type SessionHead, wokenSession } from './restored-session.ts'
import type { Session } from './session.ts'
import { packBody } from './session-body.ts'
import type { SessionDocument } from './session-document.ts'
import type { SessionKey } from './session-id.ts'
import { sizeOf } from './session-size.ts'
import { overlaps } from './session-window.ts'

/** A restored session that no event has touched yet: its head, and the rest as text. */
type Asleep = SessionHead & { readonly body: string }

/** A session in memory: an open one, or a closed one that is still there or was brought back. */
export class OpenSession {
  status: 'active' | 'ended'
  isChanged = false
  /** The session that took this one in. */
  heir: OpenSession | undefined = undefined
  isErased = false
  #held: Session | Asleep
  #id: string
  #cellStart: number

  constructor(held: Session | Asleep, { id, cellStart }: SessionKey, status: 'active' | 'ended') {
    this.#held = held
    this.#id = id
    this.#cellStart = cellStart
    this.status = status
  }

  /** Put together for whoever asks: of the objects that a session keeps there are millions. */
  get key(): SessionKey {
    return { id: this.#id, cellStart: this.#cellStart }
  }
  set key({ id, cellStart }: SessionKey) {
    this.#id = id
    this.#cellStart = cellStart
  }

  /** What may be asked of a session without waking it. */
  get head(): SessionHead {
    return this.#held
  }

  get session(): Session {
    if ('body' in this.#held) this.#held = wokenSession(this.#held, this.#held.body)
    return this.#held
  }
  set session(session: Session) {
    this.#held = session
  }

  /** Whether a stored session is the same, or one holds the other. */
  meets(other: SessionHead, otherKey: SessionKey): boolean {
    return (
      this.key.id === otherKey.id ||
      overlaps(this, other) ||
      this.head.absorbed.some(absorbed => absorbed.id === otherKey.id) ||
      other.absorbed.some(absorbed => absorbed.id === this.key.id)
    )
  }

  /** Where what this session held is now. */
  get lastHeir(): OpenSession {
    let at: OpenSession = this
    while (at.heir !== undefined) at = at.heir
    return at
  }

  /** Whether its profile is this one. Wakes a sleeping session only if its text has the name at all. */
  isOf(profileId: string): boolean {
    if ('body' in this.#held && !this.#held.body.includes(JSON.stringify(profileId))) return false
    return this.session.profile?.value.id === profileId
  }

  /** About how much memory it takes. Does not wake it. */
  get bytes(): number {
    return 'body' in this.#held ? this.#held.body.length : sizeOf(this.#held)
  }

  get start(): number {
    return this.#held.start
  }
  get end(): number {
    return this.#held.end
  }
  get isGone(): boolean {
    return this.heir !== undefined || this.isErased
  }
}

export function sleepingSession(document: SessionDocument): Asleep {
  return { ...restoredHead(document), body: packBody(document) }
}

/** A key that a session had before, and the session that it leads to, at the record that caused it. */
export type Redirect = {
  readonly tabId: string
  readonly from: SessionKey
  readonly into: OpenSession
  readonly position: Position
}
