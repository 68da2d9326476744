// Documents of earlier releases, made into what this one writes.
import { schemaVersion } from './document-fields.ts'
import { WorkerError } from './worker-error.ts'

type Versioned = { readonly schema_version: number }

/** Makes a document of the next schema version out of one of `from`. Gets redirects and erased documents as well. */
export type UpgradeStep = (document: never) => object

/** By the version that they start from. A step stays as long as documents of its version may be stored. */
export type UpgradeSteps = { readonly [from: number]: UpgradeStep }

/** None yet: version 1 is the first. */
export const upgradeSteps: UpgradeSteps = {}

/**
 * A stored document as one of this release. @throws WorkerError for one of a later release, whose meaning nobody knows
 * here, and for one that is too old for a step
 */
export function upgraded<D extends Versioned>(document: D, steps: UpgradeSteps): D {
  let at: D = document
  while (at.schema_version !== schemaVersion) {
    const version = at.schema_version
    const step = version < schemaVersion ? steps[version] : undefined
    if (step === undefined) throw refusal(version)
    at = { ...step(at as never), schema_version: version + 1 } as D
  }
  return at
}

function refusal(version: number): WorkerError {
  const advice =
    version > schemaVersion
      ? 'A later release is at work here: run that one everywhere.'
      : 'Upgrade by way of a release in between, or rebuild into a new INDEX_PREFIX.'
  return new WorkerError(
    'template-mismatch',
    `A stored document has schema version ${version}, this release writes ${schemaVersion}. ${advice}`,
  )
}
