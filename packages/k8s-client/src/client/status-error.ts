import { defined } from '@ack-secret-manager/core'
import { type AdmissionRejection, KubeApiError, type KubeErrorCause } from './kube-api-error.ts'
import { type RequestInfo, unescaped } from './request-info.ts'

/** Maximum number of characters that are kept of a message of the API server. */
const MAX_MESSAGE_LENGTH = 512

/** Number of causes that are kept. */
const MAX_CAUSES = 8

/** Upper limit for `Retry-After`. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** `create secrets app/db`, for messages. */
export function describeRequest({ verb, resource, namespace, name }: RequestInfo): string {
  const object = [namespace, name].filter((part) => part !== undefined).join('/')
  return [verb, resource, unescaped(object)].filter((part) => part !== '').join(' ')
}

/**
 * Creates the error for a response with status 400 or above.
 *
 * The API server and its webhooks quote values in messages ("Invalid value: …"). For Secrets only the reason, the field paths
 * and the texts of a few known rejections are kept. Of a policy or webhook only the name is kept, because its reason and
 * field paths are free text.
 * @param text body of the response, usually a `Status` object
 */
export function statusError(
  info: RequestInfo,
  status: number,
  text: string,
  retryAfter: string | undefined,
): KubeApiError {
  const body = parseStatus(text)
  const isOfSecrets = info.resource.split('/')[0] === 'secrets'
  const { text: words, admission }: KeptMessage = isOfSecrets
    ? withoutValues(body.message)
    : { text: shortened(body.message) }
  const isDenied = admission?.kind === 'denied'
  const reason = isDenied ? '' : reasonOf(body.reason)
  const details = isRecord(body.details) ? body.details : {}
  const causes = isDenied ? [] : causesOf(details.causes)
  const list = causes.map(({ field, reason: why }) => `${field}: ${why}`).join(', ')
  // The message of a 401 is its reason.
  const tail = words === '' || words === reason ? list : words
  const message = `${describeRequest(info)}: ${status}${reason && ` ${reason}`}${tail && `: ${tail}`}`
  const retryAfterMs = retryAfterOf(retryAfter, details.retryAfterSeconds)
  const fields = { status, reason, causes, admission }
  return new KubeApiError(message, { ...fields, ...defined({ retryAfterMs }) })
}

function parseStatus(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return isRecord(body) && body.kind === 'Status' ? body : {}
  } catch {
    // A proxy or load balancer responded. Only the HTTP status is known.
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
      reason: reasonOf(cause.reason),
    }))
}

/** Messages that contain only users, verbs and objects, with the kind of rejection if it comes from admission. */
const MESSAGES_WITHOUT_VALUES: ReadonlyArray<readonly [RegExp, AdmissionRejection['kind']?]> = [
  [
    /^secrets( "[^"]*")? is forbidden: User "[^"]*" cannot \w+ resource "secrets(\/\w+)?" in API group ""( in the namespace "[^"]*"| at the cluster scope)?/,
  ],
  [/^secrets( "[^"]*")? is forbidden: exceeded quota: (?<by>[\w.-]+)/, 'exceeded'],
  [/^secrets "[^"]*" is forbidden: unable to create new content in namespace [\w.-]+ because it is being terminated/],
  [
    /^secrets( "[^"]*")? is forbidden: (?<by>ValidatingAdmissionPolicy '[^']*'( with binding '[^']*')?) denied request/,
    'denied',
  ],
  // A MutatingAdmissionPolicy, for example with an expression that fails.
  [/^(?<by>policy '[^']*'( with binding '[^']*')?) denied request/, 'denied'],
  [/^(secrets( "[^"]*")? is forbidden: )?(?<by>admission webhook "[^"]*") denied the request/, 'denied'],
  [/^Internal error occurred: failed calling (?<by>webhook "[^"]*")/, 'unreachable'],
  [/^secrets "[^"]*" (not found|already exists)/],
  [/^namespaces "[^"]*" not found/],
  [
    /^Operation cannot be fulfilled on secrets "[^"]*": (the object has been modified|the UID in the precondition|the ResourceVersion in the precondition)/,
  ],
]

/** The part of a message that is kept. */
interface KeptMessage {
  readonly text: string
  readonly admission?: AdmissionRejection
}

function withoutValues(message: unknown): KeptMessage {
  if (typeof message !== 'string') return { text: '' }
  for (const [pattern, kind] of MESSAGES_WITHOUT_VALUES) {
    const found = pattern.exec(message)
    if (!found) continue
    const words = found[0].slice(0, MAX_MESSAGE_LENGTH)
    const by = found.groups?.['by']?.slice(0, MAX_MESSAGE_LENGTH)
    return kind && by !== undefined ? { text: words, admission: { kind, by } } : { text: words }
  }
  return { text: '' }
}

function shortened(message: unknown): string {
  if (typeof message !== 'string') return ''
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message
}

/** A reason is a CamelCase word; any other text becomes empty. */
function reasonOf(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z]{1,64}$/.test(value) ? value : ''
}

function retryAfterOf(header: string | undefined, seconds: unknown): number | undefined {
  const retryAfterSeconds = header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : seconds
  if (typeof retryAfterSeconds !== 'number' || !(retryAfterSeconds >= 0)) return undefined
  return Math.min(retryAfterSeconds * 1_000, MAX_RETRY_AFTER_MS)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
