import type { PushSecretDetail, ResourceDetail, StoreDetail } from '../../model/views/index.ts'

const UNREAD: ReadonlySet<string> = new Set(['loading', 'disconnected'])

/** Whether the server could not read a part of a detail, so that it is unknown. Pure. */
export function isResourceIncomplete({ target, events, unreadWorkloads, actions }: ResourceDetail): boolean {
  return (
    UNREAD.has(target.state) ||
    UNREAD.has(events.state) ||
    unreadWorkloads.length > 0 ||
    Object.values(actions).some(({ state }) => state === 'unknown')
  )
}

/** Whether a part of a detail changes without an event of the stream. Pure. */
export function isResourcePolled({ target }: ResourceDetail): boolean {
  return target.isPolled
}

/** As {@link isResourceIncomplete}. Pure. */
export function isStoreIncomplete({ events }: StoreDetail): boolean {
  return UNREAD.has(events.state)
}

/** As {@link isResourceIncomplete}. Pure. */
export function isPushSecretIncomplete({ source, events }: PushSecretDetail): boolean {
  return UNREAD.has(source?.state ?? '') || UNREAD.has(events.state)
}

/** As {@link isResourcePolled}. Pure. */
export function isPushSecretPolled({ source }: PushSecretDetail): boolean {
  return source?.isPolled ?? false
}
