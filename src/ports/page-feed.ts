/** One thing that the page is told: JSON, with a `kind` that it knows. */
export type PageMessage = { readonly kind: string }

/** What the page shows. Bounded, whoever looks and however long it runs. */
export interface PageFeed {
  /** All that there is to see now, for one who has just come. */
  snapshot(): readonly PageMessage[]
  /** What is new since this was asked before; for all who have a snapshot. */
  changes(): readonly PageMessage[]
}
