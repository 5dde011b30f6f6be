import { type AdmissionRejection, KubeApiError, type KubeErrorCause } from './kube-api-error.ts'
import type { RequestInfo } from './request-info.ts'

/** Longest part of the API server's own words that is kept. */
const MAX_WORDS = 512

/** Most causes that are kept. */
const MAX_CAUSES = 8

/** Longest pause that we believe an API server to mean. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** `create secrets app/db`, as messages name a request. */
export function describeRequest({ verb, resource, namespace, name }: RequestInfo): string {
  const object = [namespace, name].filter((part) => part !== undefined).join('/')
  return [verb, resource, decodeURIComponent(object)].filter((part) => part !== '').join(' ')
}

/**
 * The error for an answer of 400 or above.
 * The API server and its webhooks quote values in their messages ("Invalid value: …"). Of a request about Secrets, only
 * what cannot hold one is kept: reason, field paths, and the texts of a few well-known refusals. Of what denied it,
 * as webhooks do, only the name: reason and field paths are its own words, too.
 * @param text body of the answer, a `Status` object if all is well
 */
export function statusError(
  info: RequestInfo,
  status: number,
  text: string,
  retryAfter: string | undefined,
): KubeApiError {
  const body = parseStatus(text)
  const isOfSecrets = info.resource.split('/')[0] === 'secrets'
  const { words, admission }: Words = isOfSecrets ? harmlessWords(body.message) : { words: text512(body.message) }
  const isDenied = admission?.kind === 'denied'
  const reason = isDenied ? '' : word(body.reason)
  const details = isRecord(body.details) ? body.details : {}
  const causes = isDenied ? [] : causesOf(details.causes)
  const list = causes.map(({ field, reason: why }) => `${field}: ${why}`).join(', ')
  const tail = [words, words === '' ? list : ''].filter((part) => part !== '').join(' ')
  const message = `${describeRequest(info)}: ${status}${reason && ` ${reason}`}${tail && `: ${tail}`}`
  const retryAfterMs = retryAfterOf(retryAfter, details.retryAfterSeconds)
  const facts = { status, reason, causes, admission }
  return new KubeApiError(message, { ...facts, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

function parseStatus(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return isRecord(body) && body.kind === 'Status' ? body : {}
  } catch {
    // An answer of a proxy or load balancer in between: the HTTP status is all that is known.
    return {}
  }
}

function causesOf(causes: unknown): KubeErrorCause[] {
  if (!Array.isArray(causes)) return []
  return causes
    .filter(isRecord)
    .slice(0, MAX_CAUSES)
    .map((cause) => ({
      field: typeof cause.field === 'string' ? cause.field.slice(0, 256) : '',
      reason: word(cause.reason),
    }))
}

/** Refusals whose text names users, verbs and objects only, with what a verdict of admission makes of them. */
const HARMLESS: ReadonlyArray<readonly [RegExp, AdmissionRejection['kind']?]> = [
  [
    /^secrets( "[^"]*")? is forbidden: User "[^"]*" cannot \w+ resource "secrets(\/\w+)?" in API group ""( in the namespace "[^"]*"| at the cluster scope)?/,
  ],
  [/^secrets( "[^"]*")? is forbidden: exceeded quota: (?<by>[\w.-]+)/, 'exceeded'],
  [/^secrets "[^"]*" is forbidden: unable to create new content in namespace [\w.-]+ because it is being terminated/],
  [
    /^secrets( "[^"]*")? is forbidden: (?<by>ValidatingAdmissionPolicy '[^']*'( with binding '[^']*')?) denied request/,
    'denied',
  ],
  [/^(secrets( "[^"]*")? is forbidden: )?(?<by>admission webhook "[^"]*") denied the request/, 'denied'],
  [/^Internal error occurred: failed calling (?<by>webhook "[^"]*")/, 'unreachable'],
  [/^secrets "[^"]*" (not found|already exists)/],
  [/^namespaces "[^"]*" not found/],
  [
    /^Operation cannot be fulfilled on secrets "[^"]*": (the object has been modified|the UID in the precondition|the ResourceVersion in the precondition)/,
  ],
]

/** What is kept of a message. */
interface Words {
  readonly words: string
  readonly admission?: AdmissionRejection
}

function harmlessWords(message: unknown): Words {
  if (typeof message !== 'string') return { words: '' }
  for (const [pattern, kind] of HARMLESS) {
    const found = pattern.exec(message)
    if (!found) continue
    const words = found[0].slice(0, MAX_WORDS)
    const by = found.groups?.['by']?.slice(0, MAX_WORDS)
    return kind && by !== undefined ? { words, admission: { kind, by } } : { words }
  }
  return { words: '' }
}

function text512(message: unknown): string {
  if (typeof message !== 'string') return ''
  return message.length > MAX_WORDS ? `${message.slice(0, MAX_WORDS)}…` : message
}

/** Reasons are CamelCase words; anything else is not one. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z]{1,64}$/.test(value) ? value : ''
}

function retryAfterOf(header: string | undefined, seconds: unknown): number | undefined {
  const given = header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : seconds
  if (typeof given !== 'number' || !(given >= 0)) return undefined
  return Math.min(given * 1_000, MAX_RETRY_AFTER_MS)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
