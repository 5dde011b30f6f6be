import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import { type ServiceResponse, type ResponseContext, faultResponse } from '../gateway/response.ts'
import { ApiError, invalidParameter } from '../gateway/api-error.ts'
import { DEFAULT_SLOW_MS, type Faults } from '../gateway/faults.ts'
import { globMatches } from '../gateway/glob.ts'
import { HttpService, type Progress, type RawRequest, type ServiceSurroundings } from '../gateway/http-service.ts'
import { type KmsState, resolveSecretName, secretArn, takeValueQuota } from '../kms/kms-state.ts'
import { readValue } from './read-value.ts'
import type { ClientKey, ClientKeys } from './client-keys.ts'
import { dkmsClaim, isSignedBy, KEY_HEADER } from './dkms-signature.ts'
import {
  decodeSecretValueRequest,
  encodeError,
  encodeSecretValueResponse,
  type SecretValueRequest,
} from './messages.ts'

/** Options of {@link DkmsService}. */
export interface DkmsServiceOptions extends ServiceSurroundings {
  readonly state: KmsState
  readonly clientKeys: ClientKeys
  readonly faults: Faults
  readonly clock: Pick<Clock, 'now'>
}

const MEDIA_TYPE = 'application/x-protobuf'
const API_VERSION = 'dkms-gcs-0.2'
const MAX_BODY_BYTES = 3 * 1024 * 1024
const MAX_SKEW_MS = 900_000
const MAX_NAME_LENGTH = 192

function forbidden(): ApiError {
  return new ApiError(403, 'Forbidden.NoPermission', 'This operation is forbidden by permission system.')
}

function protobuf(error: ApiError, { requestId }: ResponseContext): ServiceResponse {
  // A body that is too large is rejected before it is parsed, with an empty response.
  const body = error.status === 413 ? new Uint8Array() : encodeError(error, requestId)
  return { kind: 'bytes', status: error.status, contentType: MEDIA_TYPE, body, retryAfterMs: error.retryAfterMs }
}

/**
 * The instance gateway for client keys: protobuf over HTTPS, signed with RSA.
 * Source: the official DKMS SDKs (Go 0.5.1) and the error list of the Alibaba Cloud KMS instance gateway.
 */
export class DkmsService {
  readonly #options: DkmsServiceOptions
  readonly #service: HttpService

  constructor(options: DkmsServiceOptions) {
    this.#options = options
    this.#service = new HttpService(
      {
        name: 'Dkms',
        maxBodyBytes: MAX_BODY_BYTES,
        respond: (request, progress, context) => this.#respond(request, progress, context),
        refuse: protobuf,
      },
      options,
    )
  }

  /** Handles one request completely; `reset` cuts its connection. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    return this.#service.handle(request, response, reset)
  }

  #respond(request: RawRequest, progress: Progress, context: ResponseContext): ServiceResponse {
    const { faults, clock } = this.#options
    const { headers } = request
    progress.action = String(headers['x-kms-apiname'] ?? '(unknown)').slice(0, MAX_NAME_LENGTH)
    progress.identity = String(headers[KEY_HEADER] ?? '').slice(0, MAX_NAME_LENGTH)
    const wanted = decodeSecretValueRequest(request.body)
    progress.secret = (wanted?.secretName ?? '').slice(0, MAX_NAME_LENGTH)
    this.#checkRoute(request)
    const nowMs = clock.now()
    const key = this.#authenticate(request, nowMs)

    const fault = faults.take(progress.action, progress.secret)
    if (fault?.fault === 'slow') progress.delayMs = fault.ms ?? DEFAULT_SLOW_MS
    if (fault?.fault === 'deny') throw forbidden()
    const faulty = fault === undefined ? undefined : faultResponse(fault)
    if (faulty !== undefined) {
      progress.result = faulty.kind
      return faulty
    }
    if (wanted === undefined) throw invalidParameter('body', 'it is no GetSecretValueRequest')
    return this.#getSecretValue(wanted, key, nowMs, context.requestId)
  }

  #checkRoute({ method, url, headers }: RawRequest): void {
    if (headers['content-type'] !== MEDIA_TYPE) {
      throw new ApiError(415, 'InvalidContentType', `The content type has to be ${MEDIA_TYPE}.`)
    }
    if (headers['x-kms-apiversion'] !== API_VERSION) {
      throw new ApiError(400, 'InvalidApiVersion', 'The api version is invalid.')
    }
    if (method !== 'POST' || url !== '/' || headers['x-kms-apiname'] !== 'GetSecretValue') {
      throw new ApiError(400, 'InvalidApiName', 'The api name is invalid.')
    }
  }

  /** An unknown, deleted or expired key gets 404 `Unauthorized`, before the signature is checked. */
  #authenticate(request: RawRequest, nowMs: number): ClientKey {
    const claim = dkmsClaim(request)
    if (Math.abs(nowMs - claim.dateMs) > MAX_SKEW_MS) {
      throw new ApiError(
        400,
        'RequestTimeTooSkewed',
        'The difference between the request time and the server is too large.',
      )
    }
    const key = this.#options.clientKeys.get(claim.keyId)
    if (key === undefined || key.notAfterMs <= nowMs) {
      throw new ApiError(404, 'Unauthorized', 'The client key is not found.')
    }
    if (!isSignedBy(claim, key)) {
      throw new ApiError(401, 'SignatureNotMatch', 'The signature does not match.')
    }
    return key
  }

  #getSecretValue(wanted: SecretValueRequest, key: ClientKey, nowMs: number, requestId: string): ServiceResponse {
    const { state } = this.#options
    takeValueQuota(state, nowMs)
    const name = resolveSecretName(state, wanted.secretName)
    const arn = secretArn(state, name)
    if (!key.secrets.some((pattern) => globMatches(pattern, pattern.startsWith('acs:') ? arn : name))) throw forbidden()
    const body = encodeSecretValueResponse({ ...readValue(state, name, wanted, nowMs), requestId })
    return { kind: 'bytes', status: 200, contentType: MEDIA_TYPE, body }
  }
}
