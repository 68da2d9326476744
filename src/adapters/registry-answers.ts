// What a registry answers. Each part may be missing, or anything.

/** A schema as it is registered. */
export type Registered = {
  readonly schema: string
  /** AVRO where it is left out. */
  readonly schemaType?: unknown
  readonly references?: unknown
}

export type Reference = { readonly name: string; readonly subject: string; readonly version: number }

/** A schema under the name by which others refer to it. */
export type NamedSchema = { readonly name: string; readonly schema: string }

export const isRegistered = (body: unknown): body is Registered =>
  typeof body === 'object' && body !== null && typeof (body as { schema?: unknown }).schema === 'string'

export function referencesIn({ references }: Registered): readonly Reference[] {
  return Array.isArray(references) ? references.filter(isReference) : []
}

function isReference(reference: unknown): reference is Reference {
  const { name, subject, version } = (reference ?? {}) as Partial<Record<keyof Reference, unknown>>
  return typeof name === 'string' && typeof subject === 'string' && Number.isInteger(version)
}

/** A registry's own numbers for a subject, a version or a schema that is not there. Any 404 without one is another's. */
const notFoundCodes = new Set([40401, 40402, 40403])

export const isNotFound = (status: number, body: unknown): boolean =>
  status === 404 && notFoundCodes.has((body as { error_code?: number } | null)?.error_code ?? 0)
