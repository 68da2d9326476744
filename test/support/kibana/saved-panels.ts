// Saved objects as text → what is in them, for tests that read them as Kibana would.

export type SavedObject = {
  readonly type: string
  readonly id: string
  readonly coreMigrationVersion?: string
  readonly typeMigrationVersion?: string
  readonly references: readonly { readonly type: string; readonly id: string; readonly name: string }[]
  // biome-ignore lint/suspicious/noExplicitAny: of every type of object
  readonly attributes: any
}

export type LensColumn = {
  readonly label: string
  readonly operationType: string
  readonly isBucketed: boolean
  readonly dataType: string
  readonly sourceField?: string
  readonly filter?: { readonly query: string; readonly language: string }
  readonly params: {
    readonly size?: number
    readonly percentile?: number
    readonly orderBy?: { readonly type: string; readonly columnId?: string }
    readonly orderDirection?: 'asc' | 'desc'
    readonly missingBucket?: boolean
    readonly format?: { readonly id: string; readonly params: { readonly decimals?: number } }
    readonly filters?: readonly { readonly label: string; readonly input: { readonly query: string } }[]
  }
}

export type LensLayer = {
  readonly columnOrder: readonly string[]
  readonly columns: Readonly<Record<string, LensColumn>>
  readonly ignoreGlobalFilters?: boolean
}

export type Grid = { readonly x: number; readonly y: number; readonly w: number; readonly h: number }

export type SavedPanel = {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly type: string
  readonly version: string
  readonly grid: Grid & { readonly i: string }
  // biome-ignore lint/suspicious/noExplicitAny: of every type of panel
  readonly config: any
}

export type SavedControl = {
  readonly id: string
  readonly type: string
  readonly fieldName: string
  readonly title: string
  readonly selected: readonly string[]
}

export function savedObjects(ndjson: string): SavedObject[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

export function panelsOf({ attributes }: SavedObject): SavedPanel[] {
  return JSON.parse(attributes.panelsJSON).map(
    // biome-ignore lint/suspicious/noExplicitAny: as it is saved
    ({ panelIndex, title, type, version, gridData, embeddableConfig }: any) => ({
      id: panelIndex,
      title,
      type,
      version,
      grid: gridData,
      description: embeddableConfig.description,
      config: embeddableConfig,
    }),
  )
}

export function controlsOf({ attributes }: SavedObject): SavedControl[] {
  // biome-ignore lint/suspicious/noExplicitAny: as it is saved
  return Object.values<any>(JSON.parse(attributes.controlGroupInput.panelsJSON)).map(
    ({ type, explicitInput: { id, fieldName, title, selectedOptions = [] } }) => ({
      id,
      type,
      fieldName,
      title,
      selected: selectedOptions,
    }),
  )
}

/** The one layer of a chart. */
export function layerOf({ config }: SavedPanel): LensLayer {
  const layers = Object.values(config.attributes.state.datasourceStates.formBased.layers)
  if (layers.length !== 1) throw new Error('a chart of several layers')
  return layers[0] as LensLayer
}

export const queryOf = ({ config }: SavedPanel): string => config.attributes.state.query.query

// biome-ignore lint/suspicious/noExplicitAny: of every type of layer
export const mapLayersOf = ({ config }: SavedPanel): any[] => JSON.parse(config.attributes.layerListJSON)
