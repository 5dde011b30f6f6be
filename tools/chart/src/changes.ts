import type { Manifest } from '@ack-secret-manager/testenv'

/** What differs between two renderings: `Deployment ack-secret-manager spec.replicas` → the new value; undefined if it is gone. */
export function changesOf(before: readonly Manifest[], after: readonly Manifest[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  const old = new Map(before.map((object) => [nameOf(object), object]))
  for (const object of after) {
    const name = nameOf(object)
    compare(old.get(name), object, name, ' ', found)
    old.delete(name)
  }
  for (const name of old.keys()) found[name] = undefined
  return found
}

function nameOf({ kind, metadata: { name } }: Manifest): string {
  return `${kind} ${name}`
}

function compare(before: unknown, after: unknown, path: string, joint: string, found: Record<string, unknown>): void {
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (before !== after) found[path] = after
    return
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    compare(before[key], after[key], `${path}${joint}${key}`, '.', found)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
