/** A JSON object. Only its own properties are used. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether `value` is an object and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property `name`, never an inherited one. */
export function own(object: unknown, name: string): unknown {
  return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined
}

/** An object without a prototype, in which `__proto__` and `constructor` are ordinary names. */
export function bare<Value>(entries: Iterable<readonly [string, Value]>): Readonly<Record<string, Value>> {
  const object = Object.create(null) as Record<string, Value>
  for (const [name, value] of entries) object[name] = value
  return Object.freeze(object)
}
