import type { SecretSyncError } from '@ack-secret-manager/core'

/** The error of work that must fail. */
export function failureOf(work: Promise<unknown>): Promise<SecretSyncError> {
  return work.then(
    () => {
      throw new Error('the work succeeded')
    },
    (error: SecretSyncError) => error,
  )
}

/** The error that work throws. */
export function thrownBy(work: () => unknown): unknown {
  try {
    return { returned: work() }
  } catch (error) {
    return error
  }
}
