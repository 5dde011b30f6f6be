/** Checks a value of parsed JSON. */
export type JsonCheck = (value: unknown) => boolean

/**
 * Checks of annotations, which tenants can write into any Secret. They stop at the first invalid item: a schema that collects errors
 * takes 800 ms for 200 KiB of `{},{},…`.
 */
export const isText: JsonCheck = (value) => typeof value === 'string'

export const isTrue: JsonCheck = (value) => value === true

export const isIndex: JsonCheck = (value) => Number.isSafeInteger(value) && (value as number) >= 0

export function oneOf(...values: readonly string[]): JsonCheck {
  return (value) => values.some((one) => one === value)
}

export function optional(check: JsonCheck): JsonCheck {
  return (value) => value === undefined || check(value)
}

export function listOf(check: JsonCheck): JsonCheck {
  return (value) => Array.isArray(value) && value.every(check)
}

export function tupleOf(...checks: readonly JsonCheck[]): JsonCheck {
  return (value) =>
    Array.isArray(value) && value.length === checks.length && checks.every((check, at) => check(value[at]))
}

/** Any names with such values. */
export function recordOf(check: JsonCheck): JsonCheck {
  return (value) => isObject(value) && Object.values(value).every(check)
}

/** These fields and no others. */
export function fieldsOf(fields: Readonly<Record<string, JsonCheck>>): JsonCheck {
  const checks = Object.entries(fields)
  return (value) =>
    isObject(value) &&
    Object.keys(value).every((name) => Object.hasOwn(fields, name)) &&
    checks.every(([name, check]) => check(value[name]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
