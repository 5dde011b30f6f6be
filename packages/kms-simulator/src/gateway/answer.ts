import { ApiError } from './api-error.ts'
import type { ApiResult } from './api-product.ts'
import type { Fault } from './faults.ts'

/** What the client gets. */
export type Answer =
  | {
      readonly kind: 'json'
      readonly status: number
      readonly body: object
      readonly retryAfterMs?: number | undefined
    }
  | {
      readonly kind: 'bytes'
      readonly status: number
      readonly contentType: string
      readonly body: Uint8Array | string
      readonly retryAfterMs?: number | undefined
    }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang'; readonly ms: number | undefined }

/** What the gateway knows of a request when it answers. */
export interface AnswerContext {
  readonly requestId: string
  readonly product: string
  /** `Host` of the request. */
  readonly hostId: string
}

/** A successful answer. */
export function successAnswer(result: ApiResult, context: AnswerContext): Answer {
  return { kind: 'json', status: 200, body: { RequestId: context.requestId, ...result } }
}

/** An error in the form of the gateway. */
export function errorAnswer(error: ApiError, context: AnswerContext): Answer {
  const query = new URLSearchParams({ q: error.code, product: context.product, requestId: context.requestId })
  return {
    kind: 'json',
    status: error.status,
    retryAfterMs: error.retryAfterMs,
    body: {
      RequestId: context.requestId,
      HostId: context.hostId,
      Code: error.code,
      Message: error.message,
      HttpStatus: error.status,
      Recommend: `https://api.aliyun.com/troubleshoot?${query.toString()}`,
      ...(error.accessDenied === undefined ? {} : { AccessDeniedDetail: error.accessDenied }),
    },
  }
}

/** 429 as KMS answers above its quota. */
export function throttled(retryAfterMs?: number): ApiError {
  return new ApiError(429, 'Rejected.Throttling', 'QPS Limit Exceeded', { retryAfterMs })
}

/**
 * What a fault answers instead of the action; undefined where the action runs all the same.
 * @throws ApiError where the fault is an error answer of the service
 */
export function faultAnswer(
  fault: Fault,
  tooMany: (retryAfterMs?: number) => ApiError = throttled,
): Answer | undefined {
  switch (fault.fault) {
    case 'throttle':
      throw tooMany(fault.ms)
    case 'http503':
      throw new ApiError(503, 'ServiceUnavailableTemporary', 'Service Unavailable Temporary', {
        retryAfterMs: fault.ms,
      })
    case 'garbage':
    case 'reset':
      return { kind: fault.fault }
    case 'hang':
      return { kind: 'hang', ms: fault.ms }
    case 'deny':
    case 'slow':
      return undefined
  }
}
