import { SecretSyncError } from '@ack-secret-manager/core'

const BRAND = Symbol.for('ack-secret-manager.ResponseTooLargeError')

/** A response body exceeds the limit of its call. `listPages` retries with a smaller page. */
export class ResponseTooLargeError extends SecretSyncError {
  constructor(what: string, maxBytes: number) {
    super('InvalidResponse', `${what}: the response is larger than ${maxBytes} bytes`)
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether `error` is a {@link ResponseTooLargeError} of any copy of the package. */
export function isResponseTooLarge(error: unknown): error is ResponseTooLargeError {
  return typeof error === 'object' && error !== null && BRAND in error
}
