/* oxlint-disable vitest/no-standalone-expect -- called by the cases of the contract */
import { isSecretSyncError, type SecretSyncError } from '@ack-secret-manager/core'
import { expect } from 'vitest'

/** The `SecretSyncError` of work that must fail. @param onFailure receives the error */
export function expectFailure(
  what: string,
  work: Promise<unknown>,
  onFailure: (error: unknown) => void,
): Promise<SecretSyncError> {
  const failing = checked(what, work, onFailure)
  // A case may end before it awaits this promise.
  failing.catch(() => undefined)
  return failing
}

async function checked(
  what: string,
  work: Promise<unknown>,
  onFailure: (error: unknown) => void,
): Promise<SecretSyncError> {
  const outcome = await work.then(
    () => ({ failed: false, error: undefined }),
    (error: unknown) => ({ failed: true, error }),
  )
  onFailure(outcome.error)
  expect(outcome.failed, `${what} failed`).toBe(true)
  const { error } = outcome
  if (!isSecretSyncError(error)) {
    throw new Error(`expected a SecretSyncError, got ${error instanceof Error ? error.name : typeof error}`)
  }
  expect(error.message.trim(), 'the message').not.toBe('')
  expect(error.message, 'the message is one line').not.toMatch(/[\r\n]/)
  return error
}
