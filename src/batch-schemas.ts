import { withSchemas } from './core/formats/wire-format.ts'
import type { PipelineSettings } from './pipeline.ts'
import type { RecordBatch } from './ports/event-source.ts'
import type { SchemaRegistry } from './ports/schema-registry.ts'

/** The settings with the schemas that a batch was written with; as they are where nothing says what it is written in. */
export async function settingsFor<S extends PipelineSettings>(
  { records }: RecordBatch,
  settings: S,
  registry: SchemaRegistry | null,
): Promise<S> {
  if (registry === null) return settings
  return { ...settings, format: withSchemas(settings.format, await registry.schemasOf(records)) }
}
