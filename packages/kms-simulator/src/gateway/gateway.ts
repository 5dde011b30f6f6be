import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import type { AccessKey } from './access-keys.ts'
import { claimOf, routeOf } from './admission.ts'
import {
  type ServiceResponse,
  type ResponseContext,
  errorResponse,
  faultResponse,
  successResponse,
  throttled,
} from './response.ts'
import { ApiError } from './api-error.ts'
import type { ApiCall, ApiProduct, ApiResult } from './api-product.ts'
import { type ApiRequest, parseApiRequest } from './api-request.ts'
import type { Authenticator } from './authenticator.ts'
import { DEFAULT_SLOW_MS, type Fault, type Faults } from './faults.ts'
import { HttpService, type Progress, type RawRequest, type ServiceSurroundings } from './http-service.ts'
import { mayCall } from './policy.ts'

/** Options of {@link Gateway}. */
export interface GatewayOptions extends ServiceSurroundings {
  readonly product: ApiProduct
  /** Account id in error responses. */
  readonly account: string
  readonly authenticator: Authenticator
  readonly faults: Faults
  readonly clock: Pick<Clock, 'now'>
}

/** A value of 30 kB is up to three times as long when encoded. */
const MAX_BODY_BYTES = 256 * 1024
const MAX_IDENTITY_LENGTH = 256
/** Faults that apply to one object of a call with several. */
const OF_ONE_OBJECT: ReadonlySet<string> = new Set(['deny', 'throttle'])
/** The action that a denied object misses. */
const READ = 'GetSecretValue'

const DENIAL = { code: 'Forbidden.NoPermission', message: 'This operation is forbidden by permission system.' }

/**
 * The API gateway of one product: decodes, authenticates, injects faults, authorises, counts and responds. It does not depend on the
 * actions.
 */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #service: HttpService

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#service = new HttpService(
      {
        name: options.product.name,
        maxBodyBytes: MAX_BODY_BYTES,
        respond: (request, progress, context) => this.#run(request, progress, context),
        refuse: errorResponse,
      },
      options,
    )
  }

  /** Handles one request completely; `reset` cuts its connection. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    return this.#service.handle(request, response, reset)
  }

  async #run(raw: RawRequest, progress: Progress, context: ResponseContext): Promise<ServiceResponse> {
    const { product, authenticator, clock } = this.#options
    const request = parseApiRequest(raw)
    const route = routeOf(request, product)
    progress.action = route.name
    progress.secret = product.subject(request.params)
    const nowMs = clock.now()
    if (route.kind === 'anonymous') {
      const identify = (identity: string): void => void (progress.identity = identity.slice(0, MAX_IDENTITY_LENGTH))
      return this.#respond(progress, context, () => route.action({ params: request.params, nowMs, identify }))
    }
    const claim = claimOf(request)
    progress.identity = authenticator.identityOf(claim.accessKeyId).slice(0, MAX_IDENTITY_LENGTH)
    const call = this.#call(request, authenticator.verify(claim, nowMs), route.name, nowMs)
    const subjects = product.subjects?.(request.params) ?? []
    return this.#respond(progress, context, () => route.action(call), { caller: call.caller, subjects })
  }

  async #respond(
    progress: Progress,
    context: ResponseContext,
    run: () => ApiResult | Promise<ApiResult>,
    { caller, subjects = [] }: { readonly caller?: AccessKey; readonly subjects?: readonly string[] } = {},
  ): Promise<ServiceResponse> {
    const fault = this.#faultOf(progress, subjects)
    const faulty = fault === undefined ? undefined : this.#playFault(fault, progress, caller)
    if (faulty !== undefined) return faulty
    const result = await run()
    return fault?.fault === 'lost' ? { kind: 'reset' } : successResponse(result, context)
  }

  /** The fault of a call, or of one of its objects if that cannot apply to the object alone. */
  #faultOf({ action, secret }: Progress, subjects: readonly string[]): Fault | undefined {
    const { faults } = this.#options
    if (subjects.length === 0) return faults.take(action, secret)
    for (const subject of subjects) {
      const fault = faults.take(action, subject, ({ fault: kind, match }) =>
        match?.secret === undefined ? true : !OF_ONE_OBJECT.has(kind),
      )
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #playFault(fault: Fault, progress: Progress, caller: AccessKey | undefined): ServiceResponse | undefined {
    const { product } = this.#options
    if (fault.fault === 'slow') progress.delayMs = fault.ms ?? DEFAULT_SLOW_MS
    if (fault.fault === 'deny') throw this.#denied(caller, `${product.name.toLowerCase()}:${progress.action}`)
    const faulty = faultResponse(fault, product.throttled)
    if (faulty !== undefined) progress.result = faulty.kind
    return faulty
  }

  #call(request: ApiRequest, caller: AccessKey, route: string, nowMs: number): ApiCall {
    return {
      params: request.params,
      caller,
      nowMs,
      authorize: (action, resource) => {
        if (!mayCall(caller, action, resource)) throw this.#denied(caller, action)
      },
      checkFault: (subject) => {
        const { product, faults } = this.#options
        const fault = faults.take(route, subject, ({ fault: kind }) => OF_ONE_OBJECT.has(kind))
        if (fault?.fault === 'deny') throw this.#denied(caller, `${product.name.toLowerCase()}:${READ}`)
        if (fault?.fault === 'throttle') throw (product.throttled ?? throttled)(fault.ms)
      },
    }
  }

  #denied(caller: AccessKey | undefined, action: string): ApiError {
    const { code, message } = this.#options.product.denial ?? DENIAL
    if (caller === undefined) return new ApiError(403, code, message)
    return new ApiError(403, code, message, {
      accessDenied: {
        AuthAction: action,
        AuthPrincipalDisplayName:
          caller.session === undefined ? caller.id : `${caller.session.role}:${caller.session.name}`,
        AuthPrincipalOwnerId: caller.session?.account ?? this.#options.account,
        AuthPrincipalType: caller.securityToken === undefined ? 'SubUser' : 'AssumedRoleUser',
        NoPermissionType: 'ImplicitDeny',
        PolicyType: 'AccountLevelIdentityBasedPolicy',
      },
    })
  }
}
