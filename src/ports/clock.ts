/** The two clocks of a worker. Neither decides what a document says of its session. */
export type Clock = {
  /** Wall clock, epoch ms: only tells when a document was written, and how old a record was then. */
  now(): number
  /** Elapsed time, ms: only closes the sessions of a quiet topic, and measures. */
  monotonic(): number
}
