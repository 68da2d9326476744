// What a command that makes sessions may be told of them, and what the worker is told in turn.
import type { Config } from '../config.ts'
import { conversionRules } from '../core/conversions.ts'
import { formatSettings } from './event-format.ts'

export const sessionSettings = [
  ...formatSettings,
  'sessionGap',
  'allowedLateness',
  'maxLateness',
  'timeZone',
  'geoDatabase',
  'geoAsnDatabase',
  'conversionTypes',
  'conversionPaths',
  'internalDomains',
  'excludedReferrers',
  'ipPrivacy',
  'redactedParameters',
] as const

export type SessionConfig = Config<(typeof sessionSettings)[number]>

export type SessionRules = Pick<
  SessionConfig,
  | 'sessionGap'
  | 'allowedLateness'
  | 'maxLateness'
  | 'timeZone'
  | 'conversionTypes'
  | 'conversionPaths'
  | 'ipPrivacy'
  | 'redactedParameters'
>

export function sessionRulesOf(config: SessionRules) {
  return {
    gapMs: config.sessionGap,
    allowedLatenessMs: config.allowedLateness,
    maxLatenessMs: config.maxLateness,
    timeZone: config.timeZone,
    conversions: conversionRules(config.conversionTypes, config.conversionPaths),
    privacy: { ip: config.ipPrivacy, redactedParameters: new Set(config.redactedParameters) },
  }
}
