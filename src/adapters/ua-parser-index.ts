// Finds the few patterns that a text may match, out of a thousand: by three letters in a row of a text that every match
// holds. Wrong candidates cost a little time; a right one is never missed.
import { type Literals, literalsOf } from './ua-parser-literals.ts'

export type Pattern = { readonly source: string; readonly isCaseless: boolean }

/** With more than these to look for, running the expression costs no more. */
const MAX_LITERALS = 8
const GRAM = 3
/** Five bits of each letter, which tell no capital from a small one. */
const GRAMS = 1 << (5 * GRAM)
const nextGram = (gram: number, code: number): number => ((gram << 5) | (code & 31)) & (GRAMS - 1)

/** @returns the places of the patterns that a text may match, in their order */
export function patternIndex(patterns: readonly Pattern[]): (text: string) => readonly number[] {
  const literals = patterns.map(tellingLiterals(patterns))
  const always = [...literals.keys()].filter(place => literals[place] === null)
  const placesOf = byGram(literals)
  return text => {
    const lower = text.toLowerCase()
    const found = new Set<number>()
    let gram = 0
    for (let i = 0; i < text.length; i++) {
      gram = nextGram(gram, text.charCodeAt(i))
      const places = placesOf[gram]
      if (places !== undefined) for (const place of places) found.add(place)
    }
    const held = [...found].filter(place => {
      const isIn = patterns[place]!.isCaseless ? lower : text
      return literals[place]!.some(literal => isIn.includes(literal))
    })
    return [...always, ...held].sort((a, b) => a - b)
  }
}

/** ` Build` is in most patterns, and in most user agents: the text that fewest patterns have tells most. */
function tellingLiterals(patterns: readonly Pattern[]): (pattern: Pattern) => Literals | null {
  const usable = ({ source, isCaseless }: Pattern): readonly Literals[] =>
    literalsOf(source)
      .filter(literals => literals.length <= MAX_LITERALS && literals.every(({ length }) => length >= GRAM))
      .map(literals => (isCaseless ? literals.map(literal => literal.toLowerCase()) : literals))
  const users = new Map<string, number>()
  for (const literal of patterns.map(usable).flat(2)) users.set(literal, (users.get(literal) ?? 0) + 1)
  /** Of texts that as many patterns have, the longer. */
  const tells = (literals: Literals) =>
    Math.min(...literals.map(({ length }) => length)) / 1000 -
    literals.reduce((sum, literal) => sum + users.get(literal)!, 0)
  return pattern =>
    usable(pattern).reduce<Literals | null>(
      (rarest, literals) => (rarest === null || tells(literals) > tells(rarest) ? literals : rarest),
      null,
    )
}

/** Of each literal the gram that fewest others have. */
function byGram(literals: readonly (Literals | null)[]): readonly (readonly number[] | undefined)[] {
  const all = literals.flatMap((list, place) =>
    (list ?? []).map(literal => ({ place, grams: gramsOf(literal) })),
  )
  const users = new Uint32Array(GRAMS)
  for (const { grams } of all) for (const gram of grams) users[gram]!++
  const places = Array<number[] | undefined>(GRAMS)
  for (const { place, grams } of all) {
    const rarest = grams.reduce((a, b) => (users[b]! < users[a]! ? b : a))
    const known = places[rarest]
    if (known === undefined) places[rarest] = [place]
    else known.push(place)
  }
  return places
}

function gramsOf(literal: string): readonly number[] {
  const codes = [...literal].map(letter => letter.charCodeAt(0))
  return codes.slice(GRAM - 1).map((_, i) => codes.slice(i, i + GRAM).reduce(nextGram, 0))
}
