// Pseudo-random numbers for `generate`.
export type Random = ReturnType<typeof randomOf>

const fourDigits = Array.from({ length: 65536 }, (_, i) => i.toString(16).padStart(4, '0'))

/**
 * sfc32 (C. Doty-Humphrey, PractRand): adds, shifts and xors of 32-bit words, so the same on every machine.
 * `stream` and `turn` choose one of many independent sequences of a seed.
 */
export function randomOf(seed: number, stream = 0, turn = 0) {
  let a = seed | 0
  let b = stream | 0
  let c = Math.floor(seed / 2 ** 32) ^ Math.imul(turn, 0x9e3779b1)
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  const below = (limit: number): number => next() % limit
  return {
    /** A whole number in [0, limit). */
    below,
    chance: (share: number): boolean => next() < share * 2 ** 32,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
    /** Earlier items more often: real lists have a head and a long tail. */
    pickSkewed: <T>(items: readonly T[]): T =>
      items[Math.min(below(items.length), below(items.length), below(items.length))] as T,
    /** Eight hexadecimal digits. */
    hex: (): string => {
      const word = next()
      return (fourDigits[word >>> 16] as string) + (fourDigits[word & 0xffff] as string)
    },
  }
}
