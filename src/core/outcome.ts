// What becomes of a record. Malformed input is a value, never an exception.

/** Why a record was parked. One literal per cause: it is a metric label and a dead letter's header. */
export type DeadLetterReason =
  | 'empty-value'
  | 'too-large'
  | 'invalid-utf8'
  | 'invalid-json'
  | 'no-schema-id'
  | 'unknown-schema'
  | 'unusable-schema'
  | 'invalid-payload'
  | 'too-deep'
  | 'invalid-event'
  | 'invalid-control'
  | 'no-event-time'
  | 'time-out-of-range'
  | 'beyond-max-lateness'

/** Every reason with what it means, for the README and for those who read a dead letter. */
export const deadLetterReasons: Readonly<Record<DeadLetterReason, string>> = {
  'empty-value': 'the record has no value (a tombstone), so there is no event in it',
  'too-large': 'the value is over 1 MiB',
  'invalid-utf8': 'the value is not UTF-8',
  'invalid-json': 'the value is not one JSON object',
  'no-schema-id':
    'SCHEMA_REGISTRY_URL is set, and neither the value nor the header `__value_schema_id` begins with the id of a schema',
  'unknown-schema': 'the schema registry has no schema of this id',
  'unusable-schema': 'the schema is none that events can be read with; the message says why',
  'invalid-payload': 'the bytes behind the id do not fit the schema, or are no object',
  'too-deep': 'the JSON is nested more than 20 levels deep',
  'invalid-event': 'a field is missing, has a wrong type or is over its limit; the message names it',
  'invalid-control':
    'the record has the field `sessionloom`, and is no control record that this release knows',
  'no-event-time': 'neither `timestamp` nor anything else tells when the event happened',
  'time-out-of-range': 'a time lies before 1970 or after 9999',
  'beyond-max-lateness': 'the event time lies more than MAX_LATENESS before the record was received',
}

/** A decoded value, or the reason why there is none. */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'dead-letter'; readonly reason: DeadLetterReason; readonly message: string }

export const ok = <T>(value: T): Outcome<T> => ({ kind: 'ok', value })

export const deadLetter = (reason: DeadLetterReason, message: string): Outcome<never> => ({
  kind: 'dead-letter',
  reason,
  message,
})

/** What applying one event to the sessions of its partition did. */
export type Applied = 'applied' | 'duplicate' | 'already-applied'
