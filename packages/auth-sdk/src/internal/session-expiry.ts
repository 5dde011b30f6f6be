/** Private fields of the SDK that lead from a credential to the part that holds its session. */
const LINKS = ['credential', 'provider', 'lastUsedProvider', 'innerProvider'] as const
/** Name of the id and of the date in the sessions that the SDK holds: of STS and ECS, of its older classes, of commands. */
const SESSIONS = [
  { field: 'session', id: 'accessKeyId', date: 'expiration' },
  { field: 'session', id: 'access_key_id', date: 'expiration' },
  { field: 'sessionCredential', id: 'AccessKeyId', date: 'Expiration' },
] as const
const MAX_DEPTH = 8
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/**
 * When the session with this AccessKey id ends, in wall-clock milliseconds. The SDK does not publish it, so this follows its
 * private fields; undefined if they hold no such session, as for a permanent AccessKey.
 */
export function sessionExpiryMs(credential: unknown, accessKeyId: string): number | undefined {
  let node = recordOf(credential)
  for (let depth = 0; depth < MAX_DEPTH && node !== undefined; depth += 1) {
    for (const { field, id, date } of SESSIONS) {
      const session = recordOf(node[field])
      // The id ties the date to the credential: another caller may have renewed the session meanwhile.
      if (session?.[id] === accessKeyId) return dateMs(session[date])
    }
    const from: Readonly<Record<string, unknown>> = node
    node = LINKS.map((link) => recordOf(from[link])).find((next) => next !== undefined)
  }
  return undefined
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

function dateMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || !DATE.test(value)) return undefined
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : ms
}
