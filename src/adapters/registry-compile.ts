import { compileAvro } from '../core/formats/avro.ts'
import { type PayloadReader, readJsonPayload, type WrittenSchema } from '../core/formats/wire-format.ts'
import type { NamedSchema, Registered } from './registry-answers.ts'

/** What reads payloads of this schema. `references`: those that others refer to first. */
export async function compileSchema(
  { schema, schemaType }: Registered,
  references: readonly NamedSchema[],
): Promise<WrittenSchema> {
  try {
    const read = await readerOf(schemaType ?? 'AVRO', schema, references)
    if (read !== null) return { kind: 'schema', read }
    return { kind: 'unusable', reason: 'its type is neither AVRO, JSON nor PROTOBUF' }
  } catch (error) {
    return { kind: 'unusable', reason: `cannot be compiled: ${(error as Error).message.slice(0, 300)}` }
  }
}

async function readerOf(
  type: unknown,
  schema: string,
  references: readonly NamedSchema[],
): Promise<PayloadReader | null> {
  switch (type) {
    case 'AVRO':
      return compileAvro(
        schema,
        references.map(({ schema }) => schema),
      )
    case 'JSON':
      return readJsonPayload
    case 'PROTOBUF': {
      // Loaded by who has such schemas: it takes a tenth of a second.
      const { compileProtobuf } = await import('./registry-protobuf.ts')
      return compileProtobuf(
        schema,
        references.map(({ name, schema }) => ({ name, source: schema })),
      )
    }
    default:
      return null
  }
}
