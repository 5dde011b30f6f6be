import type { ErrorTable } from '@ack-secret-manager/alicloud-openapi'

/** Error codes of SMQ. SMQ developer reference, "Error codes". Others are classified by the gateway's codes and the HTTP status. */
export const SMQ_ERRORS: ErrorTable = {
  QueueNotExist: { code: 'NotFound', hint: 'there is no such queue: check its name, account and region' },
  InvalidQueueName: { code: 'NotFound', hint: 'there can be no queue of this name' },
  AccessDenied: { code: 'AccessDenied', hint: 'no RAM policy allows it' },
  QpsLimitExceeded: { code: 'Throttled', hint: 'the service throttles: more calls than the quota' },
  QPSLimitExceeded: { code: 'Throttled', hint: 'the service throttles: more calls than the quota' },
  InternalServerError: { code: 'Unavailable', hint: 'the service reports an internal error' },
  TimeExpired: clock,
  InvalidDateHeader: clock,
}

function clock({ clockSkewMs: skewMs = 0 }: { readonly clockSkewMs: number | undefined }) {
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  const by = minutes < 1 ? '' : `, which is ${minutes} min ${skewMs > 0 ? 'ahead of' : 'behind'} the service's`
  return { code: 'Unauthenticated', hint: `the request's date is rejected: check this machine's clock${by}` } as const
}
