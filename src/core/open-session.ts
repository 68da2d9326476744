import { restoredHead, type SessionHead, wokenSession } from './restored-session.ts'
import type { Session } from './session.ts'
import { packBody } from './session-body.ts'
import type { SessionDocument } from './session-document.ts'
import type { SessionKey } from './session-id.ts'

/** A restored session that no event has touched yet: its head, and the rest as text. */
type Asleep = SessionHead & { readonly body: string }

/** A session in memory. */
export class OpenSession {
  key: SessionKey
  status: 'active' | 'ended'
  isChanged = false
  /** The session that took this one in. */
  heir: OpenSession | undefined = undefined
  #held: Session | Asleep

  constructor(held: Session | Asleep, key: SessionKey, status: 'active' | 'ended') {
    this.#held = held
    this.key = key
    this.status = status
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

  get start(): number {
    return this.#held.start
  }
  get end(): number {
    return this.#held.end
  }
  get isGone(): boolean {
    return this.heir !== undefined
  }
}

export function sleepingSession(document: SessionDocument): Asleep {
  return { ...restoredHead(document), body: packBody(document) }
}
