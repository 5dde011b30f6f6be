import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import { type ServiceResponse, faultResponse } from '../gateway/response.ts'
import { ApiError } from '../gateway/api-error.ts'
import { DEFAULT_SLOW_MS, type Faults } from '../gateway/faults.ts'
import { HttpService, type Progress, type RawRequest, type ServiceSurroundings } from '../gateway/http-service.ts'
import { isoDate } from '../kms/params.ts'
import type { MetadataState } from './metadata-state.ts'
import { MetadataTokens } from './metadata-tokens.ts'

/** Options of {@link MetadataService}. */
export interface MetadataServiceOptions extends ServiceSurroundings {
  readonly state: MetadataState
  readonly faults: Faults
  readonly clock: Pick<Clock, 'now'>
}

const TOKEN_PATH = '/latest/api/token'
const CREDENTIALS_PATH = '/latest/meta-data/ram/security-credentials/'
const TOKEN_HEADER = 'x-aliyun-ecs-metadata-token'
const TTL_HEADER = 'x-aliyun-ecs-metadata-token-ttl-seconds'
const MAX_TTL_SECONDS = 21_600
const MAX_BODY_BYTES = 1_024

function text(status: number, body: string): ServiceResponse {
  return { kind: 'bytes', status, contentType: 'text/plain', body }
}

/** A page of the service. Clients read only its status. */
function page(status: number, reason: string): ApiError {
  return new ApiError(status, String(status), reason)
}

/** The action of a path, for faults and the call log. */
function actionOf(path: string): { action: string; role: string } {
  if (path === TOKEN_PATH) return { action: 'GetMetadataToken', role: '' }
  if (path === CREDENTIALS_PATH || `${path}/` === CREDENTIALS_PATH) return { action: 'GetRoleName', role: '' }
  if (path.startsWith(CREDENTIALS_PATH)) {
    return { action: 'GetRoleCredential', role: path.slice(CREDENTIALS_PATH.length).slice(0, 64) }
  }
  return { action: 'GetMetadata', role: '' }
}

/**
 * The metadata service of an ECS instance, for its role only.
 * Source: Alibaba Cloud ECS user guide, "Instance metadata".
 */
export class MetadataService {
  readonly #options: MetadataServiceOptions
  readonly #service: HttpService
  readonly #tokens = new MetadataTokens()

  constructor(options: MetadataServiceOptions) {
    this.#options = options
    this.#service = new HttpService(
      {
        name: 'Metadata',
        maxBodyBytes: MAX_BODY_BYTES,
        respond: (request, progress) => this.#respond(request, progress),
        refuse: (error) => text(error.status, `${error.status} - ${error.message}\n`),
      },
      options,
    )
  }

  /** Handles one request completely; `reset` cuts its connection. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    return this.#service.handle(request, response, reset)
  }

  #respond(request: RawRequest, progress: Progress): ServiceResponse {
    const { state, faults, clock } = this.#options
    const [path = ''] = request.url.split('?', 1)
    const { action, role } = actionOf(path)
    progress.action = action
    progress.secret = role
    progress.identity = state.settings.instanceId
    progress.delayMs = state.settings.delayMs

    const fault = faults.take(action, role)
    if (fault?.fault === 'slow') progress.delayMs += fault.ms ?? DEFAULT_SLOW_MS
    if (fault?.fault === 'deny') throw page(403, 'Forbidden')
    const faulty = fault === undefined ? undefined : faultResponse(fault, () => page(429, 'Too Many Requests'))
    if (faulty !== undefined) {
      progress.result = faulty.kind
      return faulty
    }
    const nowMs = clock.now()
    if (action === 'GetMetadataToken') return this.#issueToken(request, nowMs)
    if (request.method !== 'GET') throw page(405, 'Method Not Allowed')
    this.#checkToken(request, nowMs)
    switch (action) {
      case 'GetRoleName':
        return text(200, this.#roleName(nowMs))
      case 'GetRoleCredential':
        return this.#credential(role, nowMs)
      default:
        return this.#fact(path)
    }
  }

  #issueToken({ method, headers }: RawRequest, nowMs: number): ServiceResponse {
    if (!this.#options.state.settings.tokenService) throw page(404, 'Not Found')
    if (method !== 'PUT') throw page(405, 'Method Not Allowed')
    // A request through a proxy must not get a token.
    if (headers['x-forwarded-for'] !== undefined) throw page(403, 'Forbidden')
    const ttl = headers[TTL_HEADER]
    const seconds = typeof ttl === 'string' && /^\d{1,5}$/.test(ttl) ? Number(ttl) : 0
    if (seconds < 1 || seconds > MAX_TTL_SECONDS) throw page(400, 'Bad Request')
    return text(200, this.#tokens.issue(seconds, nowMs))
  }

  #checkToken({ headers }: RawRequest, nowMs: number): void {
    const token = headers[TOKEN_HEADER]
    const { tokenRequired, tokenService } = this.#options.state.settings
    if (token === undefined) {
      if (tokenRequired) throw page(403, 'Forbidden')
      return
    }
    // A service without tokens ignores the header.
    if (tokenService && (typeof token !== 'string' || !this.#tokens.isValid(token, nowMs))) {
      throw page(401, 'Unauthorized')
    }
  }

  #roleName(nowMs: number): string {
    const credential = this.#options.state.credential(nowMs)
    if (credential === undefined) throw page(404, 'Not Found')
    return credential.session.role
  }

  #credential(role: string, nowMs: number): ServiceResponse {
    const credential = this.#options.state.credential(nowMs)
    if (credential?.session.role !== role) throw page(404, 'Not Found')
    const body = {
      AccessKeyId: credential.accessKeyId,
      AccessKeySecret: credential.accessKeySecret,
      Expiration: isoDate(credential.expiresAtMs),
      SecurityToken: credential.securityToken,
      LastUpdated: isoDate(credential.issuedAtMs),
      Code: 'Success',
    }
    return { kind: 'bytes', status: 200, contentType: 'application/json', body: JSON.stringify(body, undefined, 2) }
  }

  #fact(path: string): ServiceResponse {
    const { region, settings } = this.#options.state
    const facts: Readonly<Record<string, string>> = {
      '/latest/meta-data/region-id': region,
      '/latest/meta-data/instance-id': settings.instanceId,
    }
    const fact = Object.hasOwn(facts, path) ? facts[path] : undefined
    if (fact === undefined) throw page(404, 'Not Found')
    return text(200, fact)
  }
}
