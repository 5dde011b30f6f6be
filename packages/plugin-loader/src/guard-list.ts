import {
  type Clock,
  defined,
  isLine,
  type ListedSecret,
  type ListOptions,
  type SecretBackend,
  type SecretPage,
  SecretSyncError,
  TEXT_LIMITS,
  withDeadline,
} from '@ack-secret-manager/core'
import { checkedError } from './check-error.ts'

/** Options of {@link guardList}. */
export interface GuardListOptions {
  /** Name of the backend package. */
  readonly name: string
  readonly readTimeoutMs: number
  readonly clock: Clock
}

/** Secrets of one page, and characters of a tag or cursor: a package bounds neither. */
const MAX_ITEMS = 1_000
const MAX_TEXT = 2_048
const MAX_TAGS = 64

/** Enforces the contract of lists: a deadline for each page, and secrets that have names. */
export function guardList(backend: SecretBackend, options: GuardListOptions): Pick<SecretBackend, 'list'> {
  if (backend.list === undefined) return {}
  return { list: (request) => list(backend, request, options) }
}

async function list(
  backend: SecretBackend,
  request: ListOptions,
  { name, readTimeoutMs, clock }: GuardListOptions,
): Promise<SecretPage> {
  const what = `the list of secrets of the backend ${name}`
  try {
    const page: unknown = await withDeadline(async (signal) => backend.list?.({ ...request, signal }), {
      timeoutMs: readTimeoutMs,
      what,
      signal: request.signal,
      clock,
    })
    return checkedPage(page as Partial<SecretPage> | null | undefined, request.withTags, what)
  } catch (error) {
    throw checkedError(error, what)
  }
}

function checkedPage(page: Partial<SecretPage> | null | undefined, withTags: boolean, what: string): SecretPage {
  const { items, next, total } = page ?? {}
  const isPage =
    Array.isArray(items) &&
    items.length <= MAX_ITEMS &&
    (next === undefined || (isTag(next) && next !== '')) &&
    (total === undefined || (Number.isSafeInteger(total) && total >= 0))
  if (!isPage) throw new SecretSyncError('InvalidResponse', `${what}: the backend returned no page`)
  return { items: items.map((item) => checkedSecret(item, withTags, what)), ...defined({ next, total }) }
}

function checkedSecret(item: Partial<ListedSecret> | null | undefined, withTags: boolean, what: string): ListedSecret {
  const { name, tags = {}, isDeleted } = item ?? {}
  const entries = typeof tags === 'object' && tags !== null ? Object.entries(tags) : undefined
  const isTagged = entries !== undefined && entries.length <= MAX_TAGS && entries.flat().every(isTag)
  if (!isLine(name, TEXT_LIMITS.secretName) || !isTagged) {
    throw new SecretSyncError(
      'InvalidResponse',
      `${what}: the backend returned a secret whose name is not one short line of text, or wrong tags`,
    )
  }
  return {
    name,
    ...(withTags ? { tags: Object.fromEntries(entries) } : {}),
    ...(isDeleted === true ? { isDeleted } : {}),
  }
}

function isTag(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}
