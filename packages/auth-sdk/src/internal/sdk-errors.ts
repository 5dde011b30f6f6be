import {
  classificationFacts,
  classifyConnectionError,
  classifyErrorResponse,
  errorResponseFacts,
  type ErrorTable,
  factsSuffix,
  STS_ERRORS,
  systemCodeOf,
} from '@ack-secret-manager/alicloud-openapi'
import {
  defined,
  type ErrorCode,
  errorKind,
  isSecretSyncError,
  nameText,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { ProcessCommandError } from './process-command-error.ts'

const unauthenticated = (hint: string) => ({ code: 'Unauthenticated', hint }) as const

/** Codes of AssumeRoleWithOIDC. Alibaba Cloud STS API reference, AssumeRoleWithOIDC, "Error codes". */
const OIDC_ERRORS: ErrorTable = {
  'AuthenticationFail.NoPermission': unauthenticated('the trust policy of the role does not admit this token'),
  'AuthenticationFail.OIDCToken.Expired': unauthenticated('the OIDC token has expired: write a new one to its file'),
  'AuthenticationFail.OIDCToken.Invalid': unauthenticated(
    'STS rejects the OIDC token: its file must hold the token alone, without a final newline, which the SDK does not remove',
  ),
  'AuthenticationFail.OIDCToken.AudienceNotMatch': unauthenticated(
    'the OIDC token is for another audience than sts.aliyuncs.com',
  ),
  'AuthenticationFail.OIDCToken.IssuerNotMatch': unauthenticated(
    'the OIDC token is from another issuer than that of the identity provider in RAM',
  ),
}

interface KnownError {
  readonly text: RegExp
  readonly code: ErrorCode
  readonly hint: string
}

const NO_CREDENTIAL = 'the response holds no complete credential'

/** Errors that the SDK itself raises, recognised by their fixed words. Source: `@alicloud/credentials` 2.4.7. */
const KNOWN: readonly KnownError[] = [
  {
    text: /^the access key secret is invalid/,
    code: 'Unauthenticated',
    hint: 'the signature does not match: check the AccessKey secret',
  },
  {
    text: /^failed to execute external command|^(?:invalid )?process_command/,
    code: 'Unauthenticated',
    hint: 'its process_command fails: run it by hand',
  },
  {
    text: /^failed to parse external command output|^invalid (?:StsToken )?credential response/,
    code: 'InvalidResponse',
    hint: 'its process_command does not print a credential as JSON',
  },
  {
    text: /^IMDS credentials is disabled/,
    code: 'Unauthenticated',
    hint: 'ALIBABA_CLOUD_ECS_METADATA_DISABLED is set',
  },
  { text: /^invalid (?:UTC|year|month|date|hours|minutes|seconds|ms)\b/, code: 'InvalidResponse', hint: NO_CREDENTIAL },
  {
    text: /(?:json parse|unmarshal) fail|fail to get credentials|^get sts token failed$/,
    code: 'InvalidResponse',
    hint: NO_CREDENTIAL,
  },
  {
    text: /^error retrieving credentials from credentialsURI|^refresh Ecs sts token err/,
    code: 'InvalidResponse',
    hint: NO_CREDENTIAL,
  },
]

/** Places of an HTTP status in the SDK's messages. */
const STATUS = /(?:httpStatus: |status code: |get metadata token failed with |^get role name failed: GET \S+ )(\d{3})\b/
const REMOTE_CODE = /"Code"\s*:\s*"([A-Za-z0-9.]{1,120})"/

/**
 * The error of an identity whose SDK credential failed. Keeps codes and the HTTP status only, because messages of the SDK
 * contain responses, URLs with signatures, and whole configuration files.
 */
export function sdkFailure(thrown: unknown, what: string): SecretSyncError {
  if (isSecretSyncError(thrown)) return thrown
  if (thrown instanceof ProcessCommandError) {
    return new SecretSyncError(thrown.code, `${what}: its process_command ${thrown.message}`)
  }
  const text = thrown instanceof Error ? thrown.message : ''
  const known = KNOWN.find((entry) => entry.text.test(text))
  const remoteCode = REMOTE_CODE.exec(text)?.[1]
  const status = STATUS.exec(text)?.[1]
  if (remoteCode !== undefined || status !== undefined) return ofResponse(what, remoteCode, status)
  if (known !== undefined) return new SecretSyncError(known.code, `${what}: ${known.hint}`)
  if (thrown instanceof Error && thrown.name === 'RequestTimeoutError') {
    return new SecretSyncError('Timeout', `${what}: no response in time`)
  }
  const systemCode = systemCodeOf(thrown)
  if (systemCode !== undefined) return ofSystem(what, systemCode, thrown)
  return new SecretSyncError('Unauthenticated', `${what}: the SDK has no credential for it (${errorKind(thrown)})`)
}

function ofResponse(what: string, code: string | undefined, status: string | undefined): SecretSyncError {
  const facts = errorResponseFacts(
    { status: status === undefined ? undefined : Number(status), code, requestId: undefined, headers: {} },
    0,
  )
  const classification = classifyErrorResponse(
    // The SDK does not tell the status of most errors; a known code does not need it.
    {
      httpStatus: facts.httpStatus ?? 400,
      remoteCode: facts.remoteCode,
      message: new Sensitive(''),
      clockSkewMs: undefined,
    },
    { ...STS_ERRORS, ...OIDC_ERRORS },
  )
  const isNoRole = facts.remoteCode === undefined && facts.httpStatus === 404
  const { code: ours, hint } = isNoRole
    ? unauthenticated('there is nothing at this address, such as a role of this name')
    : classification
  const fixed: ErrorCode = ours === 'AccessDenied' || ours === 'NotFound' ? 'Unauthenticated' : ours
  return new SecretSyncError(fixed, `${what}: ${hint}${factsSuffix(facts)}`, {
    facts: classificationFacts(classification, facts),
  })
}

const FILE_CODES = new Set(['ENOENT', 'EACCES', 'EISDIR', 'EPERM', 'ENOTDIR', 'ELOOP'])

function ofSystem(what: string, systemCode: string, thrown: unknown): SecretSyncError {
  if (FILE_CODES.has(systemCode)) {
    const path = thrown instanceof Error && 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : 'a file'
    return new SecretSyncError('Unauthenticated', `${what}: ${nameText(path)} cannot be read (${systemCode})`)
  }
  const { code, hint, facts } = classifyConnectionError(systemCode, {
    untrusted: 'set NODE_EXTRA_CA_CERTS to the file of its CA before the process starts',
  })
  return new SecretSyncError(code, `${what}: ${hint}`, defined({ facts }))
}
