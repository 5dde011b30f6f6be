import { invalidParameter, missingParameter } from '../gateway/api-error.ts'

/** Parameters of a call. An empty one counts as absent, because SDKs send unset fields that way. */
export type Params = ReadonlyMap<string, string>

/** An optional parameter. */
export function optional(params: Params, name: string): string | undefined {
  const value = params.get(name)
  return value === '' ? undefined : value
}

/** @throws ApiError `MissingParameter` */
export function required(params: Params, name: string): string {
  const value = optional(params, name)
  if (value === undefined) throw missingParameter(name)
  return value
}

/** `true` or `false`, absent is false. */
export function flag(params: Params, name: string): boolean {
  const value = optional(params, name)?.toLowerCase()
  if (value !== undefined && value !== 'true' && value !== 'false') throw invalidParameter(name, 'it is true or false')
  return value === 'true'
}

/** A whole number between `min` and `max`. */
export function integer(params: Params, name: string, range: { min: number; max: number; fallback: number }): number {
  const text = optional(params, name)
  if (text === undefined) return range.fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= range.min && value <= range.max)) {
    throw invalidParameter(name, `it is a number from ${range.min} to ${range.max}`)
  }
  return value
}

/** One of a closed set of words. */
export function oneOf<T extends string>(params: Params, name: string, words: readonly T[], fallback: T): T {
  const text = optional(params, name)
  if (text === undefined) return fallback
  const word = words.find((known) => known === text)
  if (word === undefined) throw invalidParameter(name, `it is one of ${words.join(', ')}`)
  return word
}

/** A list as a JSON array in a string. `parse` returns undefined for an invalid item. */
export function jsonList<T>(params: Params, name: string, parse: (item: unknown) => T | undefined): T[] | undefined {
  const text = optional(params, name)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalidParameter(name, 'it is not JSON')
  }
  if (!Array.isArray(value)) throw invalidParameter(name, 'it is not a JSON array')
  return value.map((item: unknown) => {
    const parsed = parse(item)
    if (parsed === undefined) throw invalidParameter(name, 'it has an item of the wrong form')
    return parsed
  })
}

/** One page of a list, and its fields in a response. */
export function paginate<T>(
  items: readonly T[],
  params: Params,
  defaultSize: number,
): { page: readonly T[]; facts: { PageNumber: number; PageSize: number; TotalCount: number } } {
  const number = integer(params, 'PageNumber', { min: 1, max: 999_999_999, fallback: 1 })
  const size = integer(params, 'PageSize', { min: 1, max: 100, fallback: defaultSize })
  return {
    page: items.slice((number - 1) * size, number * size),
    facts: { PageNumber: number, PageSize: size, TotalCount: items.length },
  }
}

/** Whole seconds in UTC, as the service writes dates. */
export function isoDate(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
