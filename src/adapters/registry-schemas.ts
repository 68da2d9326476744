// Schemas from a registry that speaks Confluent's API, as Apicurio, Karapace and Redpanda do, too:
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html
import { setTimeout as sleep } from 'node:timers/promises'
import { boundedCache } from '../core/bounded-cache.ts'
import { schemaIdOf, type WrittenSchema, type WrittenSchemas } from '../core/formats/wire-format.ts'
import type { SchemaRegistry } from '../ports/schema-registry.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { isRegistered, type NamedSchema, type Registered, referencesIn } from './registry-answers.ts'
import { compileSchema } from './registry-compile.ts'
import type { RegistrySettings } from './registry-http.ts'
import { RegistryRetry, type RetryPauses } from './registry-retry.ts'

export type SchemaRegistryOptions = RegistrySettings & {
  readonly telemetry: Telemetry
  readonly pausesMs?: RetryPauses
  /** When an id that is unknown is asked for again before it is held for poison, ms: a follower may not know it yet. */
  readonly unknownPausesMs?: readonly number[]
  /** How long an id is taken to be unknown after that, ms. */
  readonly unknownForMs?: number
}

const requestsAtOnce = 8
const keptSchemas = 1_000
/** Of one schema, with what they refer to in turn. */
const maxReferences = 200
const defaultUnknownPausesMs = [300, 1_200]
const defaultUnknownForMs = 60_000

export class HttpSchemaRegistry implements SchemaRegistry {
  readonly #options: SchemaRegistryOptions
  readonly #retry: RegistryRetry
  readonly #closing = new AbortController()
  readonly #schemas = boundedCache<number, WrittenSchema>(keptSchemas)
  /** Until when each of these ids is not asked for again. */
  readonly #unknown = boundedCache<number, number>(keptSchemas)
  readonly #asked = new Map<number, Promise<WrittenSchema>>()

  constructor(options: SchemaRegistryOptions) {
    this.#options = options
    this.#retry = new RegistryRetry(options, this.#closing.signal)
  }

  get waitsFor(): string | null {
    return this.#retry.trouble
  }

  async schemasOf(values: Iterable<{ readonly value: Uint8Array | null }>): Promise<WrittenSchemas> {
    const found = new Map<number, WrittenSchema>()
    const missing = new Set<number>()
    for (const { value } of values) {
      const id = schemaIdOf(value)
      if (id === null || found.has(id) || missing.has(id)) continue
      const known = this.#schemas.get(id)
      if (known === undefined) missing.add(id)
      else found.set(id, known)
    }
    if (missing.size > 0) await this.#addMissing(missing, found)
    return found
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('the schema registry was closed', 'AbortError'))
    this.#retry.close()
  }

  async #addMissing(missing: ReadonlySet<number>, found: Map<number, WrittenSchema>): Promise<void> {
    const ids = missing.values()
    const takeTurns = async () => {
      for (const id of ids) found.set(id, await this.#shared(id))
    }
    await Promise.all(Array.from({ length: requestsAtOnce }, takeTurns))
  }

  /** Partitions that need the same one ask once. */
  #shared(id: number): Promise<WrittenSchema> {
    const asked = this.#asked.get(id) ?? this.#ask(id).finally(() => this.#asked.delete(id))
    this.#asked.set(id, asked)
    return asked
  }

  async #ask(id: number): Promise<WrittenSchema> {
    if ((this.#unknown.get(id) ?? 0) > performance.now()) return { kind: 'unknown' }
    const registered = await this.#registered(id)
    if (registered === null) {
      this.#unknown.set(id, performance.now() + (this.#options.unknownForMs ?? defaultUnknownForMs))
      return { kind: 'unknown' }
    }
    const schema = await this.#compiled(registered)
    this.#schemas.set(id, schema)
    return schema
  }

  async #registered(id: number): Promise<unknown> {
    for (const pauseMs of this.#options.unknownPausesMs ?? defaultUnknownPausesMs) {
      const answer = await this.#retry.get(`/schemas/ids/${id}`)
      if (answer !== null) return answer
      await sleep(pauseMs, undefined, { signal: this.#closing.signal })
    }
    return this.#retry.get(`/schemas/ids/${id}`)
  }

  async #compiled(registered: unknown): Promise<WrittenSchema> {
    if (!isRegistered(registered)) return { kind: 'unusable', reason: 'the registry gives no schema for it' }
    const references = new Map<string, NamedSchema>()
    const fault = await this.#addReferences(registered, references, new Set())
    if (fault !== null) return { kind: 'unusable', reason: fault }
    return compileSchema(registered, [...references.values()])
  }

  /** Those that others refer to come first. Gives why they cannot be had. */
  async #addReferences(
    schema: Registered,
    references: Map<string, NamedSchema>,
    path: Set<string>,
  ): Promise<string | null> {
    for (const { name, subject, version } of referencesIn(schema)) {
      if (references.has(name) || path.has(name)) continue
      if (path.size + references.size >= maxReferences) return `refers to more than ${maxReferences} others`
      const at = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`
      const referred = await this.#retry.get(at)
      if (!isRegistered(referred))
        return `refers to version ${version} of subject ${subject}, which is not there`
      path.add(name)
      const fault = await this.#addReferences(referred, references, path)
      if (fault !== null) return fault
      path.delete(name)
      references.set(name, { name, schema: referred.schema })
    }
    return null
  }
}
