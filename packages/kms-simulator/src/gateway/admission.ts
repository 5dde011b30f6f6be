import { ApiError, missingParameter, unknownAction } from './api-error.ts'
import type { AnonymousAction, ApiAction, ApiProduct } from './api-product.ts'
import type { ApiRequest } from './api-request.ts'
import { acs3Claim } from './signature/acs3.ts'
import type { SignatureClaim } from './signature/claim.ts'
import { rpcV1Claim } from './signature/rpc-v1.ts'

/** The requested operation. */
export type Route =
  | { readonly kind: 'signed'; readonly name: string; readonly action: ApiAction }
  | { readonly kind: 'anonymous'; readonly name: string; readonly action: AnonymousAction }

const METHODS: ReadonlySet<string> = new Set(['POST', 'GET'])

function isAcs3(request: ApiRequest): boolean {
  return request.headers.authorization !== undefined
}

/** A parameter of the call itself, from the header (ACS3) or from the parameters (V1, unsigned). */
function common(request: ApiRequest, header: string, parameter: string): string {
  // Unsigned calls may name the operation in either place.
  const value = isAcs3(request) ? request.headers[header] : (request.params.get(parameter) ?? request.headers[header])
  if (typeof value !== 'string' || value === '') throw missingParameter(isAcs3(request) ? header : parameter)
  return value
}

/**
 * Finds the operation.
 * @throws ApiError `UnsupportedHTTPMethod` | `MissingParameter` | `InvalidVersion` | `InvalidAction.NotFound`
 */
export function routeOf(request: ApiRequest, product: ApiProduct): Route {
  if (!METHODS.has(request.method)) {
    throw new ApiError(403, 'UnsupportedHTTPMethod', 'This http method is not supported.')
  }
  if (common(request, 'x-acs-version', 'Version') !== product.version) {
    throw new ApiError(400, 'InvalidVersion', 'Specified parameter Version is not valid.')
  }
  const name = common(request, 'x-acs-action', 'Action')
  const action = product.actions.get(name)
  if (action !== undefined && request.path === '/') return { kind: 'signed', name, action }
  const anonymous = product.anonymousActions?.get(name)
  if (anonymous !== undefined && request.path === '/') return { kind: 'anonymous', name, action: anonymous }
  throw unknownAction()
}

/** The claim of a request about its sender: ACS3 with an `Authorization` header, otherwise RPC V1. */
export function claimOf(request: ApiRequest): SignatureClaim {
  return isAcs3(request) ? acs3Claim(request) : rpcV1Claim(request)
}
