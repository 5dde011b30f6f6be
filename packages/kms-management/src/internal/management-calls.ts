import { type OpenApiCall, OpenApiClient, withRequester } from '@ack-secret-manager/alicloud-openapi'
import {
  checkLimits,
  type Clock,
  type CredentialProvider,
  defined,
  nameText,
  type ProxyRoutes,
  type SecretSyncError,
  systemClock,
  withDeadline,
  withDefaults,
} from '@ack-secret-manager/core'
import { MANAGEMENT_ERRORS } from './management-errors.ts'
import { type RetryOptions, withRetries } from './retry.ts'
import type { StepRequest } from './step-request.ts'

/** Options of `KmsManagement`. */
export interface KmsManagementOptions {
  /** `HOST` or `HOST:PORT`, always HTTPS: `kms.cn-hangzhou.aliyuncs.com`. Endpoints of instances do not manage secrets. */
  readonly endpoint: string
  /** The identity of all calls. Not closed by `close()`. */
  readonly provider: CredentialProvider
  /** Proxies to connect through; the same for all clients of the process. @default none */
  readonly proxy?: ProxyRoutes
  /** Deadline of one operation with all its calls and retries; of a list, of each page, unless it sets its own. @default 60_000 */
  readonly timeoutMs?: number
  /** Deadline of one call. @default 10_000 */
  readonly callTimeoutMs?: number
  /** Calls per step, the first included. @default 6 */
  readonly attempts?: number
  /** Called before a call is repeated. Must not throw. */
  readonly onRetry?: (error: SecretSyncError) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number
}

/** One call of an action. */
export interface ManagementCall extends StepRequest {
  readonly action: string
  /** Name of the secret, or empty for the account's secrets. */
  readonly resource: string
  /** Subject of the call in errors, without the endpoint. @default the secret */
  readonly what?: string
}

export interface SendHooks {
  /** Called before each attempt. @throws to send nothing more */
  readonly beforeCall?: () => void
  /** Called before each further attempt. */
  readonly onRetry?: (error: SecretSyncError) => void
}

/** Options of {@link ManagementCalls.within}. */
export interface OperationOptions {
  readonly signal: AbortSignal
  /** End of a longer operation that this one is a part of, by the monotonic clock. @default none */
  readonly endsAtMs?: number
}

const HINTS = { untrusted: 'set NODE_EXTRA_CA_CERTS to the file of its CA before the process starts' }
const BACKOFF = { baseMs: 500, maxMs: 8_000 } as const
/** A list of 100 secrets with 20 tags each has up to 1 MB. */
const MAX_RESPONSE_BYTES = 4_194_304

/** Calls of management operations, with their deadline and retries. */
export class ManagementCalls {
  readonly clock: Clock
  readonly #client: OpenApiClient
  readonly #provider: CredentialProvider
  /** Deadlines of operations that run, by their signal. */
  readonly #deadlines = new WeakMap<AbortSignal, number>()
  readonly #options: Required<Omit<KmsManagementOptions, 'endpoint' | 'provider' | 'proxy'>>

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is not a positive integer */
  constructor({ endpoint, provider, proxy, ...options }: KmsManagementOptions) {
    this.#options = withDefaults(options, {
      timeoutMs: 60_000,
      callTimeoutMs: 10_000,
      attempts: 6,
      onRetry: () => undefined,
      clock: systemClock,
      random: Math.random,
    })
    const { timeoutMs, callTimeoutMs, attempts, clock } = this.#options
    checkLimits({ timeoutMs, attempts })
    this.clock = clock
    const limits = { timeoutMs: callTimeoutMs, maxResponseBytes: MAX_RESPONSE_BYTES, clock }
    this.#provider = provider
    this.#client = new OpenApiClient({ endpoint, hints: HINTS, ...limits, ...defined({ proxy }) })
  }

  get endpoint(): string {
    return this.#client.endpoint
  }

  /** A secret in errors. */
  nameOf(name: string): string {
    return `${subjectOf(name)} at ${this.endpoint}`
  }

  /** Runs an operation within its deadline. @param endsAtMs a sooner one, by the monotonic clock */
  within<T>(
    what: string,
    { signal, endsAtMs = Infinity }: OperationOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#options
    const nowMs = clock.monotonic()
    const timeoutMs = Math.max(1, Math.min(this.#options.timeoutMs, Math.round(endsAtMs - nowMs)))
    const deadlineMs = nowMs + timeoutMs
    const workUntil = (within: AbortSignal): Promise<T> => {
      this.#deadlines.set(within, deadlineMs)
      return work(within)
    }
    return withDeadline(workUntil, { timeoutMs, what, signal, clock })
  }

  /** Sends a call that may be sent twice, until KMS responds. */
  send(
    { action, params, paramsIn, resource, what = subjectOf(resource) }: ManagementCall,
    signal: AbortSignal,
    { beforeCall, onRetry }: SendHooks = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const permission = `call kms:${action} on ${nameText(ramResourceOf(resource))}`
    const call: OpenApiCall = {
      action,
      version: '2016-01-20',
      as: this.#provider,
      retryRefused: true,
      params,
      what,
      errors: MANAGEMENT_ERRORS,
      explain: withRequester(this.#provider.identity.description, permission),
      signal,
      ...defined({ paramsIn }),
    }
    const send = async (): Promise<Readonly<Record<string, unknown>>> => {
      beforeCall?.()
      return (await this.#client.call(call)).body
    }
    return withRetries(send, this.#retry(signal, onRetry))
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #retry(signal: AbortSignal, onRetry?: (error: SecretSyncError) => void): RetryOptions {
    const { attempts, clock, random } = this.#options
    return {
      attempts,
      deadlineMs: this.#deadlines.get(signal) ?? Infinity,
      backoff: BACKOFF,
      signal,
      clock,
      random,
      onRetry: (error) => {
        onRetry?.(error)
        this.#options.onRetry(error)
      },
    }
  }
}

function subjectOf(name: string): string {
  return `KMS secret ${JSON.stringify(name)}`
}

/** As RAM names it. */
function ramResourceOf(name: string): string {
  if (name === '') return 'secret'
  return name.startsWith('acs:') ? name : `secret/${name}`
}
