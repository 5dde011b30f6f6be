import { SecretSyncError } from '@ack-secret-manager/core'

const BRAND = Symbol.for('ack-secret-manager.ResponseTooLargeError')

/** A body is larger than the limit of its call. A list is repeated with fewer objects then. */
export class ResponseTooLargeError extends SecretSyncError {
  constructor(what: string, maxBytes: number) {
    super('InvalidResponse', `${what}: the answer is larger than ${maxBytes} bytes`)
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether `error` is a {@link ResponseTooLargeError}, of this or another copy of the package. */
export function isResponseTooLarge(error: unknown): error is ResponseTooLargeError {
  return typeof error === 'object' && error !== null && BRAND in error
}
