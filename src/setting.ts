import { z } from 'zod'

export type Setting = {
  readonly env: string
  readonly default: string
  readonly about: string
  readonly schema: z.ZodType
  /** May be read from the file that `…_FILE` names, and has no flag. */
  readonly isSecret?: true
}

/** What it may be, where that is a closed list; else empty. */
export const choicesOf = ({ schema }: Setting): readonly string[] =>
  schema instanceof z.ZodEnum ? schema.options.map(String) : []

export const setting = <S extends z.ZodType>(env: string, fallback: string, schema: S, about: string) => ({
  env,
  default: fallback,
  schema,
  about,
})
export const secret = (env: string, about: string) => ({
  ...setting(env, '', z.string(), about),
  isSecret: true as const,
})
