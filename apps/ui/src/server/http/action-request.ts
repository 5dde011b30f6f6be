import type { ActionName, ActionRequest } from '../../model/views/action.ts'

/** Largest body of a request. */
export const MAX_BODY_BYTES = 4 * 1024
const ACTIONS: readonly ActionName[] = ['refresh', 'suspend', 'resume']
const NAME = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/
const UID = /^[\w-]{1,128}$/

/** Reads the body of an action; undefined if it is none. Pure. */
export function parseActionRequest(text: string): ActionRequest | undefined {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // Not JSON is not a request either.
    return undefined
  }
  if (typeof body !== 'object' || body === null) return undefined
  const { action, namespace, name, uid } = body as Readonly<Record<string, unknown>>
  const known = ACTIONS.find((each) => each === action)
  if (known === undefined || !isText(namespace, NAME) || !isText(name, NAME) || !isText(uid, UID)) return undefined
  return { action: known, namespace, name, uid }
}

/** Whether a part of a path is the name of an object. Pure. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}
