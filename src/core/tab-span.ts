/** A tab's span of event times whose stored sessions are wanted. Epoch ms, inclusive. */
export type TabSpan = { readonly tabId: string; readonly from: number; readonly to: number }

/** All that is stored of a tab. */
export const wholeTab = (tabId: string): TabSpan => ({
  tabId,
  from: Number.NEGATIVE_INFINITY,
  to: Number.POSITIVE_INFINITY,
})
