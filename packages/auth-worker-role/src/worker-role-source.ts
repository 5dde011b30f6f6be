import {
  type Clock,
  type Credential,
  type CredentialSource,
  defined,
  type ErrorCode,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { machineCredential } from './machine-credential.ts'
import { type MetadataResponse, MetadataClient, NoResponseError } from './metadata-client.ts'

export interface WorkerRoleSourceOptions {
  /** `HOST` or `HOST:PORT` of the metadata service. */
  readonly endpoint: string
  /** Undefined: the role that the metadata service reports. */
  readonly roleName: string | undefined
  readonly allowV1: boolean
  readonly timeoutMs: number
  readonly clock: Clock
}

const TOKEN_PATH = '/latest/api/token'
const ROLE_PATH = '/latest/meta-data/ram/security-credentials/'

/** A token is used for one fetch only. */
const TOKEN_TTL_SECONDS = 60

const TOKEN = /^[\w+/=.~-]{1,1024}$/
export const ROLE_NAME = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Reads the credential of an instance's RAM role from its metadata service in hardened mode. The token is fetched by PUT, which
 * proxies do not forward and the hop limit keeps from other hosts. Alibaba Cloud ECS user guide, "Instance metadata".
 */
export class WorkerRoleSource implements CredentialSource {
  readonly #options: WorkerRoleSourceOptions
  readonly #client: MetadataClient

  constructor(options: WorkerRoleSourceOptions) {
    this.#options = options
    this.#client = new MetadataClient(options)
  }

  async fetch(signal: AbortSignal): Promise<Credential> {
    const token = await this.#token(signal)
    const role = this.#options.roleName ?? (await this.#roleName(token, signal))
    const response = await this.#get(`${ROLE_PATH}${role}`, `credentials of role ${role}`, token, signal)
    if (response.status === 404) {
      throw this.#failure(
        'Unauthenticated',
        `says that role ${role} is not attached to this instance, or does not trust ECS`,
        404,
      )
    }
    this.#expectOk(response, token)
    const askedAtMs = this.#options.clock.now()
    return machineCredential(response.text, {
      what: `worker role ${role}`,
      endpoint: this.#options.endpoint,
      askedAtMs,
    })
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** Undefined if the service issues no tokens and `allowV1` is set. */
  async #token(signal: AbortSignal): Promise<string | undefined> {
    const { allowV1 } = this.#options
    const response = await this.#client
      .request({
        method: 'PUT',
        path: TOKEN_PATH,
        headers: { 'x-aliyun-ecs-metadata-token-ttl-seconds': String(TOKEN_TTL_SECONDS), 'content-length': '0' },
        what: 'metadata token',
        signal,
      })
      .catch((error: unknown) => {
        if (error instanceof NoResponseError && error.stage === 'waiting' && allowV1) return undefined
        throw this.#explain(error, 'token')
      })
    if (response === undefined) return undefined
    const { status, text } = response
    if (status >= 400 && status < 500 && status !== 429) {
      if (allowV1) return undefined
      throw this.#failure(
        'Unauthenticated',
        `issues no tokens (HTTP ${status}): either it is an old version, which needs allowMetadataV1 of the store ` +
          'because it serves every process on the machine, or it is not the metadata service of ECS',
        status,
      )
    }
    this.#expectOk(response, undefined)
    const token = text.trim()
    if (!TOKEN.test(token)) throw this.#notEcs('token request')
    return token
  }

  async #roleName(token: string | undefined, signal: AbortSignal): Promise<string> {
    const response = await this.#get(ROLE_PATH, 'name of the role', token, signal)
    const role = response.text.trim()
    if (response.status === 404 || (response.status === 200 && role === '')) {
      throw this.#failure(
        'Unauthenticated',
        'reports no RAM role: attach one to this instance, as the worker role of its node pool',
        response.status,
      )
    }
    this.#expectOk(response, token)
    if (!ROLE_NAME.test(role)) throw this.#notEcs('request for the role name')
    return role
  }

  #get(path: string, what: string, token: string | undefined, signal: AbortSignal): Promise<MetadataResponse> {
    const headers = defined({ 'x-aliyun-ecs-metadata-token': token })
    return this.#client.request({ method: 'GET', path, headers, what, signal }).catch((error: unknown) => {
      throw this.#explain(error, what)
    })
  }

  #expectOk({ status }: MetadataResponse, token: string | undefined): void {
    if (status === 200) return
    if (status === 401 || status === 403) {
      const why = token === undefined ? 'requires a token, but issues none' : 'rejects its own token'
      throw this.#failure('Unauthenticated', `${why} (HTTP ${status})`, status)
    }
    if (status === 429) throw this.#failure('Throttled', 'throttles (HTTP 429)', status)
    if (status >= 500) throw this.#failure('Unavailable', `reports an internal error (HTTP ${status})`, status)
    throw this.#failure(
      'InvalidResponse',
      `responds with HTTP ${status}: check that it is the one of an ECS instance`,
      status,
    )
  }

  #explain(error: unknown, what: string): unknown {
    if (!(error instanceof NoResponseError)) return error
    const { stage, reason } = error
    const isTimeout = reason === 'timeout'
    const why = isTimeout ? `no response within ${this.#options.timeoutMs} ms` : reason
    const code: ErrorCode = isTimeout ? 'Timeout' : 'Unavailable'
    if (stage === 'connecting') {
      return this.#failure(
        code,
        `cannot be reached (${isTimeout ? `no connection within ${this.#options.timeoutMs} ms` : reason}): is this an ECS ` +
          'instance, and do network policies allow this pod to reach its metadata service?',
      )
    }
    if (what === 'token') {
      return this.#failure(
        code,
        `accepted the token request, but its response did not arrive (${why}): the hop limit is too low for pods. Set ` +
          'HttpPutResponseHopLimit of the instance to 2 or more, or use the host network',
      )
    }
    return isTimeout
      ? this.#failure(code, `is too slow (${what}: ${why})`)
      : this.#failure(code, `cut the connection (${what}: ${why})`)
  }

  #notEcs(request: string): SecretSyncError {
    return this.#failure(
      'InvalidResponse',
      `does not respond to the ${request} like the one of an ECS instance: check what listens at this address`,
    )
  }

  #failure(code: ErrorCode, says: string, httpStatus?: number): SecretSyncError {
    const facts = defined({ httpStatus })
    return new SecretSyncError(code, `worker role: the metadata service at ${this.#options.endpoint} ${says}`, {
      facts,
    })
  }
}
