// Numbers in one array, of which the first says how many are in use. There are millions of such arrays: one that is
// pushed to would have room for 16 more from the start.

/** The same numbers with room for as many again behind the first. */
export function withRoom(numbers: readonly number[]): number[] {
  const { length } = numbers
  // Not `concat`: a dependency of the Elasticsearch client (apache-arrow) slows that down for the whole process.
  const roomy = new Array<number>(2 * length - 1)
  for (let i = 0; i < length; i++) roomy[i] = numbers[i] as number
  for (let i = length; i < roomy.length; i++) roomy[i] = 0
  return roomy
}
