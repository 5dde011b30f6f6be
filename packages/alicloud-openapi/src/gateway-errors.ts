import type { ErrorTable, RemoteFailure, ErrorClassification } from './error-classification.ts'

const denied = (hint: string): ErrorClassification => ({ code: 'AccessDenied', hint })
const unauthenticated = (hint: string): ErrorClassification => ({
  code: 'Unauthenticated',
  hint,
  credentialRefused: true,
})
const unavailable = (hint: string): ErrorClassification => ({ code: 'Unavailable', hint })
const invalid = (hint: string): ErrorClassification => ({ code: 'InvalidResponse', hint })

const NO_PERMISSION = denied('no RAM policy allows it')
const UNKNOWN_KEY = unauthenticated('the AccessKey is not known, or its session has expired')
const KEY_OFF = unauthenticated('the AccessKey is disabled')
const SIGNATURE = unauthenticated('the signature does not match: check the AccessKey secret')
const TOKEN = unauthenticated('the security token is missing, expired, or belongs to another AccessKey')
const THROTTLED: ErrorClassification = { code: 'Throttled', hint: 'the service throttles: more calls than the quota' }
const BROKEN = unavailable('the service reports an internal error')
const REQUEST = invalid('the service rejects the request as malformed')
const NOT_IT = invalid('the endpoint does not know the operation: check that it belongs to this service')

/** Error codes of the API gateway that all products share. Alibaba Cloud OpenAPI, "Common errors". */
const GATEWAY_ERRORS: ErrorTable = {
  'InvalidAccessKeyId.NotFound': UNKNOWN_KEY,
  'InvalidAccessKeyId.Inactive': KEY_OFF,
  'Forbidden.AccessKey': KEY_OFF,
  'Forbidden.AccessKeyDisabled': KEY_OFF,
  SignatureDoesNotMatch: SIGNATURE,
  IncompleteSignature: SIGNATURE,
  MissingSecurityToken: TOKEN,
  'InvalidSecurityToken.Expired': TOKEN,
  'InvalidSecurityToken.Malformed': TOKEN,
  'InvalidSecurityToken.MismatchWithAccessKey': TOKEN,
  IllegalTimestamp: clock,
  'InvalidTimeStamp.Expired': clock,
  'InvalidTimeStamp.Format': clock,
  SignatureNonceUsed: unavailable('the service already received this request: check for a proxy that repeats requests'),
  NoPermission: NO_PERMISSION,
  'Forbidden.RAM': NO_PERMISSION,
  'Forbidden.NoPermission': NO_PERMISSION,
  'Rejected.Throttling': THROTTLED,
  Throttling: THROTTLED,
  'Throttling.User': THROTTLED,
  'Throttling.Api': THROTTLED,
  InternalError: BROKEN,
  InternalFailure: BROKEN,
  ServiceUnavailable: BROKEN,
  ServiceUnavailableTemporary: BROKEN,
  MissingParameter: REQUEST,
  InvalidParameter: REQUEST,
  UnsupportedHTTPMethod: invalid(
    'the request arrived with another HTTP method: check for a proxy that rewrites requests',
  ),
  'InvalidAction.NotFound': NOT_IT,
  InvalidVersion: NOT_IT,
}

/** Code families, for codes that the API references do not list. */
const BY_PREFIX: ReadonlyArray<readonly [string, ErrorTable[string]]> = [
  ['InvalidAccessKeyId', UNKNOWN_KEY],
  ['InvalidSecurityToken', TOKEN],
  ['Signature', SIGNATURE],
  ['InvalidTimeStamp', clock],
  ['Throttling', THROTTLED],
  ['ServiceUnavailable', BROKEN],
  ['InternalError', BROKEN],
  ['InvalidAction', NOT_IT],
  ['InvalidParameter', REQUEST],
  ['MissingParameter', REQUEST],
  ['Forbidden', denied('the service forbids it')],
]

/** Classifies an error response by the product's codes, the gateway's codes, their families (`InvalidParameter.Name`), or the HTTP status. */
export function classifyErrorResponse(failure: RemoteFailure, product: ErrorTable = {}): ErrorClassification {
  const { remoteCode: code } = failure
  const entry =
    code === undefined
      ? undefined
      : (own(product, code) ?? own(GATEWAY_ERRORS, code) ?? own(product, familyOf(code)) ?? gatewayFamily(code))
  if (entry === undefined) return byStatus(failure.httpStatus)
  return typeof entry === 'function' ? entry(failure) : entry
}

function familyOf(code: string): string {
  return code.split('.', 1)[0] ?? code
}

function gatewayFamily(code: string): ErrorTable[string] | undefined {
  return BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1]
}

/** Codes come from the network, so inherited properties such as `constructor` must not match. */
function own(table: ErrorTable, code: string): ErrorTable[string] | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined
}

function clock({ clockSkewMs: skewMs }: RemoteFailure): ErrorClassification {
  // Whole minutes keep the message stable; a message that differs each time would look like many failures.
  const minutes = Math.round(Math.abs(skewMs ?? 0) / 60_000)
  const by = minutes < 1 ? '' : `, which is ${minutes} min ${(skewMs ?? 0) > 0 ? 'ahead of' : 'behind'} the service's`
  return { code: 'Unauthenticated', hint: `the request's timestamp is rejected: check this machine's clock${by}` }
}

/** Without 404, because it can mean a wrong endpoint. Only a code of the service shows that something does not exist. */
function byStatus(status: number): ErrorClassification {
  if (status === 401)
    return { code: 'Unauthenticated', hint: 'the endpoint does not accept the AccessKey or its session' }
  if (status === 403) return denied('the endpoint forbids it')
  if (status === 429) return THROTTLED
  if (status === 408) return unavailable('the endpoint waited too long for the request')
  if (status >= 500) return BROKEN
  return invalid('the endpoint rejects the request with an unknown error')
}
