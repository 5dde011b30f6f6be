const METHODS = [Symbol.asyncDispose, Symbol.dispose, 'end', 'close', 'disconnect', 'destroy', 'quit'] as const

/** Closes a resource by the method that it has. A resource without one needs no end. */
export async function closeResource(resource: unknown): Promise<void> {
  // The clients of postgres.js and knex are functions.
  if ((typeof resource !== 'object' && typeof resource !== 'function') || resource === null) return
  const members = resource as Readonly<Partial<Record<(typeof METHODS)[number], unknown>>>
  const method = METHODS.find((name) => typeof members[name] === 'function')
  if (method !== undefined) await (members[method] as () => unknown).call(resource)
}
