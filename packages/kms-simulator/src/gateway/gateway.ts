import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import type { AccessKey } from './access-keys.ts'
import { claimOf, routeOf } from './admission.ts'
import { type Answer, type AnswerContext, errorAnswer, faultAnswer, successAnswer } from './answer.ts'
import { ApiError } from './api-error.ts'
import type { ApiCall, ApiProduct } from './api-product.ts'
import { type ApiRequest, parseApiRequest } from './api-request.ts'
import type { Authenticator } from './authenticator.ts'
import type { CallLog } from './call-log.ts'
import type { Faults } from './faults.ts'
import { readBody } from './http-body.ts'
import { allows } from './policy.ts'
import { sendAnswer } from './send-answer.ts'

/** Options of {@link Gateway}. */
export interface GatewayOptions {
  readonly product: ApiProduct
  /** Account id, as it stands in a refusal. */
  readonly account: string
  readonly authenticator: Authenticator
  readonly faults: Faults
  readonly calls: CallLog
  readonly clock: Pick<Clock, 'now'>
  /** Delay of every answer in milliseconds. */
  readonly latencyMs: number
  /** Told of errors that are the simulator's own; the client gets 500 `InternalFailure`. */
  readonly onDefect: (error: unknown) => void
}

interface Played {
  readonly answer: Answer
  readonly delayMs: number
}

/** What is known so far of a request in the works. */
interface Progress {
  action: string
  secret: string
  identity: string
  result: string
  delayMs: number
}

/** A value of 30 kB is up to three times as long when encoded. */
const MAX_BODY_BYTES = 256 * 1024
const MAX_IDENTITY_LENGTH = 128
const DEFAULT_SLOW_MS = 1_000

/**
 * The API gateway of one product: decodes, authenticates, plays faults, authorises, counts, answers.
 * It knows nothing of what the actions do.
 */
export class Gateway {
  readonly #options: GatewayOptions

  constructor(options: GatewayOptions) {
    this.#options = options
  }

  /** Handles one request to its end; `reset` cuts its connection. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    let body: Buffer | undefined
    try {
      body = await readBody(request, MAX_BODY_BYTES)
    } catch {
      // The client went away while it sent the body: nobody is left to answer.
      reset()
      return
    }
    const requestId = randomUUID()
    const { product, latencyMs } = this.#options
    const context = { requestId, product: product.name, hostId: request.headers.host ?? '' }
    const { answer, delayMs } = this.#play(request, body, context)
    const send = (): void => sendAnswer(response, answer, requestId, reset)
    if (latencyMs + delayMs === 0) send()
    // The connection, not the timer, is what keeps the process alive.
    else setTimeout(send, latencyMs + delayMs).unref()
  }

  #play(raw: IncomingMessage, body: Buffer | undefined, context: AnswerContext): Played {
    const facts: Progress = { action: '(unknown)', secret: '', identity: '', result: 'OK', delayMs: 0 }
    let answer: Answer
    try {
      if (body === undefined) throw new ApiError(413, 'RequestEntityTooLarge', 'The request body is too large.')
      const request = parseApiRequest({ method: raw.method ?? '', url: raw.url ?? '', headers: raw.headers, body })
      answer = this.#run(request, context, facts)
    } catch (error) {
      if (!(error instanceof ApiError)) this.#options.onDefect(error)
      const known = error instanceof ApiError ? error : new ApiError(500, 'InternalFailure', 'Internal Failure')
      facts.result = known.code
      answer = errorAnswer(known, context)
    }
    const { delayMs, ...counted } = facts
    this.#options.calls.record(counted)
    return { answer, delayMs }
  }

  /** Fills `progress` as it goes, so that a call refused on the way is counted with what is known of it. */
  #run(request: ApiRequest, context: AnswerContext, progress: Progress): Answer {
    const { product, authenticator, faults, clock } = this.#options
    const route = routeOf(request, product)
    progress.action = route.name
    progress.secret = product.subject(request.params)
    const claim = claimOf(request)
    progress.identity = claim.accessKeyId.slice(0, MAX_IDENTITY_LENGTH)
    const nowMs = clock.now()
    const call = this.#call(request, authenticator.verify(claim, nowMs), nowMs)

    const fault = faults.take(progress.action, progress.secret)
    if (fault?.fault === 'slow') progress.delayMs = fault.ms ?? DEFAULT_SLOW_MS
    if (fault?.fault === 'deny') throw this.#denied(call.caller, `${product.name.toLowerCase()}:${route.name}`)
    const faulty = fault === undefined ? undefined : faultAnswer(fault)
    if (faulty !== undefined) progress.result = faulty.kind
    return faulty ?? successAnswer(route.action(call), context)
  }

  #call(request: ApiRequest, caller: AccessKey, nowMs: number): ApiCall {
    return {
      params: request.params,
      caller,
      nowMs,
      authorize: (action, resource) => {
        if (!allows(caller.allow, action, resource)) throw this.#denied(caller, action)
      },
    }
  }

  #denied(caller: AccessKey, action: string): ApiError {
    return new ApiError(403, 'Forbidden.NoPermission', 'This operation is forbidden by permission system.', {
      accessDenied: {
        AuthAction: action,
        AuthPrincipalDisplayName: caller.id,
        AuthPrincipalOwnerId: this.#options.account,
        AuthPrincipalType: caller.securityToken === undefined ? 'SubUser' : 'AssumedRoleUser',
        NoPermissionType: 'ImplicitDeny',
        PolicyType: 'AccountLevelIdentityBasedPolicy',
      },
    })
  }
}
