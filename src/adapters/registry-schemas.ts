// Schemas from a registry that speaks Confluent's API, as Apicurio, Karapace and Redpanda do, too:
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html
import { setTimeout as sleep } from 'node:timers/promises'
import { boundedCache } from '../core/bounded-cache.ts'
import {
  type SchemaId,
  schemaIdOf,
  type WrittenSchema,
  type WrittenSchemas,
} from '../core/formats/wire-format.ts'
import type { SchemaRegistry, WrittenRecord } from '../ports/schema-registry.ts'
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

const unknown: WrittenSchema = { kind: 'unknown' }
const requestsAtOnce = 8
/** More than any topic has, in one batch: somebody makes ids up. */
const manySchemas = 100
const keptSchemas = 1_000
/** Of one schema, with what they refer to in turn. */
const maxReferences = 200
const defaultUnknownPausesMs = [300, 1_200]
const defaultUnknownForMs = 60_000

export class HttpSchemaRegistry implements SchemaRegistry {
  readonly #options: SchemaRegistryOptions
  readonly #retry: RegistryRetry
  readonly #closing = new AbortController()
  readonly #schemas = boundedCache<SchemaId, WrittenSchema>(keptSchemas)
  /** Until when each of these ids is not asked for again. */
  readonly #unknown = boundedCache<SchemaId, number>(keptSchemas)
  readonly #asked = new Map<SchemaId, Promise<WrittenSchema>>()
  #queued = 0

  constructor(options: SchemaRegistryOptions) {
    this.#options = options
    this.#retry = new RegistryRetry(options, this.#closing.signal)
  }

  get waitsFor(): string | null {
    if (this.#retry.trouble !== null) return this.#retry.trouble
    // A batch that names any number of them must not be taken for one that hangs.
    return this.#queued > manySchemas ? `${this.#queued} schemas` : null
  }

  async schemasOf(records: Iterable<WrittenRecord>): Promise<WrittenSchemas> {
    const found = new Map<SchemaId, WrittenSchema>()
    const missing = new Set<SchemaId>()
    for (const { value, headers } of records) {
      const id = schemaIdOf(value, headers)
      if (id === null || found.has(id) || missing.has(id)) continue
      const known = this.#known(id)
      if (known === null) missing.add(id)
      else found.set(id, known)
    }
    if (missing.size > 0) await this.#addMissing([...missing], found)
    return found
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('the schema registry was closed', 'AbortError'))
    this.#retry.close()
  }

  #known(id: SchemaId): WrittenSchema | null {
    const isUnknown = (this.#unknown.get(id) ?? 0) > performance.now()
    return isUnknown ? unknown : (this.#schemas.get(id) ?? null)
  }

  /** All of them are asked for before any is asked for again: one pause is enough for however many. */
  async #addMissing(missing: readonly SchemaId[], found: Map<SchemaId, WrittenSchema>): Promise<void> {
    let left = await this.#askAll(missing, found)
    for (const pauseMs of this.#options.unknownPausesMs ?? defaultUnknownPausesMs) {
      if (left.length === 0) return
      await sleep(pauseMs, undefined, { signal: this.#closing.signal })
      left = await this.#askAll(left, found)
    }
    const until = performance.now() + (this.#options.unknownForMs ?? defaultUnknownForMs)
    for (const id of left) this.#unknown.set(id, until)
  }

  /** Gives those that the registry has not. */
  async #askAll(ids: readonly SchemaId[], found: Map<SchemaId, WrittenSchema>): Promise<SchemaId[]> {
    const queue = ids.values()
    const left: SchemaId[] = []
    this.#queued += ids.length
    const takeTurns = async () => {
      for (const id of queue) {
        this.#queued--
        const schema = await this.#shared(id)
        found.set(id, schema)
        if (schema === unknown) left.push(id)
      }
    }
    try {
      await Promise.all(Array.from({ length: requestsAtOnce }, takeTurns))
    } finally {
      // What was not come to, since something has failed.
      this.#queued -= [...queue].length
    }
    return left
  }

  /** Partitions that need the same one ask once. */
  #shared(id: SchemaId): Promise<WrittenSchema> {
    const asked = this.#asked.get(id) ?? this.#ask(id).finally(() => this.#asked.delete(id))
    this.#asked.set(id, asked)
    return asked
  }

  async #ask(id: SchemaId): Promise<WrittenSchema> {
    const registered = await this.#registered(id)
    if (registered === null) return unknown
    const schema = await this.#compiled(registered)
    this.#schemas.set(id, schema)
    return schema
  }

  async #registered(id: SchemaId): Promise<unknown> {
    if (typeof id === 'number') return this.#retry.get(`/schemas/ids/${id}`)
    const registered = await this.#retry.get(`/schemas/guids/${id}`, { isOptional: true })
    // Not every registry knows GUIDs, and whoever writes one into a record must not stop a worker that has no such.
    if (registered === null) await this.#retry.get('/schemas/types')
    return registered
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
