// The contract of a raw event as JSON Schema 2020-12, for producers and for what maps to it.
import { z } from 'zod'
import { boundedObject, rawEventSchema } from './raw-event.ts'

/** What of JSON Schema the contract is written in. */
export type SchemaNode = {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly required?: readonly string[]
  readonly propertyNames?: unknown
}

/**
 * It cannot say all that bounds `properties` and their like: what it refuses is refused here too, and a little more.
 * `boundedBy` names a keyword that marks these objects, for a reader that knows it.
 */
export function rawEventJsonSchema(boundedBy?: string): SchemaNode {
  return z.toJSONSchema(rawEventSchema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (boundedBy !== undefined && zodSchema === boundedObject) jsonSchema[boundedBy] = true
    },
  }) as SchemaNode
}

/** The schema of a field without the null that every optional field may be. */
export function withoutNull(node: SchemaNode): SchemaNode {
  if (node.anyOf !== undefined) return node.anyOf.find(({ type }) => type !== 'null') ?? node
  const types = [node.type ?? []].flat().filter(type => type !== 'null')
  return types.length === 1 ? { ...node, type: types[0] as string } : node
}
