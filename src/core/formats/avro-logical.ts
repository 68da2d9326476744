// Avro's logical types, as what a raw event has for the same: https://avro.apache.org/docs/1.12.0/specification/#logical-types
import { formatInstant } from '../instant.ts'
import type { Json, JsonObject } from '../json.ts'
import type { BinaryCursor } from './binary-cursor.ts'

type Reader = (cursor: BinaryCursor) => Json

/** Undefined for what is none, or none that is known: then it is read as the type below it. */
export function logicalReader(schema: JsonObject): Reader | undefined {
  const { type, logicalType } = schema
  if (type === 'long') {
    const parts = perMs[String(logicalType).replace(/^(local-)?timestamp-/, '')]
    if (parts === undefined) return undefined
    if (String(logicalType).startsWith('timestamp-')) return cursor => msOf(cursor.long(), parts)
    return String(logicalType).startsWith('local-timestamp-')
      ? cursor => localTime(msOf(cursor.long(), parts))
      : undefined
  }
  if (type === 'int' && logicalType === 'date') return cursor => dateOf(Number(cursor.long()))
  if (logicalType === 'decimal') return decimalReader(schema)
  return undefined
}

const perMs: Readonly<Record<string, number>> = { millis: 1, micros: 1_000, nanos: 1_000_000 }

/** Epoch milliseconds: what a raw event's times are, which have no parts of them. */
function msOf(time: number | bigint, perMs: number): number {
  if (typeof time === 'number') return Math.floor(time / perMs)
  const [whole, rest] = [time / BigInt(perMs), time % BigInt(perMs)]
  return Number(rest < 0n ? whole - 1n : whole)
}

const latestMs = 8.64e15

/** Without an offset, which it has not. */
const localTime = (ms: number): Json => (Math.abs(ms) > latestMs ? ms : formatInstant(ms).slice(0, -1))

function dateOf(days: number): Json {
  const ms = days * 86_400_000
  return Math.abs(ms) > latestMs ? days : (formatInstant(ms).split('T')[0] as string)
}

/** So many bytes hold more digits than anybody counts in. */
const maxDecimalBytes = 64
const maxScale = 100
const exactDigits = 15
const isCount = (value: Json | undefined): value is number =>
  Number.isInteger(value) && (value as number) >= 0

function decimalReader({ type, size, scale = 0 }: JsonObject): Reader | undefined {
  if (!isCount(scale) || scale > maxScale) return undefined
  if (type === 'bytes') return cursor => decimalOf(cursor.raw(cursor.size()), scale)
  return type === 'fixed' && isCount(size) ? cursor => decimalOf(cursor.raw(size), scale) : undefined
}

/** A number where its digits are no more than a double keeps, else all of them. */
function decimalOf(bytes: Uint8Array, scale: number): Json {
  if (bytes.length > maxDecimalBytes) return base64(bytes)
  let unscaled = 0n
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte)
  const signed = BigInt.asIntN(bytes.length * 8, unscaled)
  const digits = String(signed < 0n ? -signed : signed).padStart(scale + 1, '0')
  const text = `${signed < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`
  return digits.replace(/^0+/, '').length <= exactDigits ? Number(text) : text
}

const chunk = 8_192

/** As JSON writes bytes, the way of Protobuf. */
export function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let from = 0; from < bytes.length; from += chunk)
    binary += String.fromCharCode(...bytes.subarray(from, from + chunk))
  return btoa(binary)
}
