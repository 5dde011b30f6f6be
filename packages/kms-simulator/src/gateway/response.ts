import { defined } from '@ack-secret-manager/core'
import { ApiError } from './api-error.ts'
import type { ApiResult } from './api-product.ts'
import type { Fault } from './faults.ts'

/** A response to the client. */
export type ServiceResponse =
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
      readonly headers?: Readonly<Record<string, string>>
      readonly retryAfterMs?: number | undefined
    }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang'; readonly ms: number | undefined }

/** Details of a request for its response. */
export interface ResponseContext {
  readonly requestId: string
  readonly product: string
  /** `Host` of the request. */
  readonly hostId: string
}

/** A successful response. */
export function successResponse(result: ApiResult, context: ResponseContext): ServiceResponse {
  return { kind: 'json', status: 200, body: { RequestId: context.requestId, ...result } }
}

/** An error in the form of the gateway. */
export function errorResponse(error: ApiError, context: ResponseContext): ServiceResponse {
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
      ...defined({ AccessDeniedDetail: error.accessDenied }),
    },
  }
}

/** 429, the response of KMS above its quota. */
export function throttled(retryAfterMs?: number): ApiError {
  return new ApiError(429, 'Rejected.Throttling', 'QPS Limit Exceeded', { retryAfterMs })
}

/**
 * The response of a fault instead of the action; undefined if the action runs. @throws ApiError if the fault is an error response of the
 * service
 */
export function faultResponse(
  fault: Fault,
  tooMany: (retryAfterMs?: number) => ApiError = throttled,
): ServiceResponse | undefined {
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
    case 'lost':
      return undefined
  }
}
