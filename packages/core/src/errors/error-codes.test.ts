import { expect, it } from 'vitest'
import { ERROR_CODES, isOutage, reasonOf, retryOf } from './error-codes.ts'
import { isSecretSyncError, SecretSyncError, toSecretSyncError } from './secret-sync-error.ts'

it('has a reason and a retry for every code', () => {
  const table = ERROR_CODES.map(
    (code) => `${code} → ${reasonOf(code)}, ${retryOf(code)}${isOutage(code) ? ', outage' : ''}`,
  )
  expect(table).toMatchInlineSnapshot(`
    [
      "NotFound → SecretNotFound, at-interval",
      "AccessDenied → AccessDenied, at-interval",
      "Unauthenticated → AuthenticationFailed, transient",
      "Throttled → Unavailable, transient, outage",
      "Unavailable → Unavailable, transient, outage",
      "Timeout → Unavailable, transient, outage",
      "InvalidResponse → Unavailable, transient, outage",
      "InvalidSpec → InvalidSpec, on-change",
      "StoreNotFound → StoreNotFound, on-change",
      "StoreNotAllowed → StoreNotAllowed, on-change",
      "CrossNamespaceRefused → CrossNamespaceRefused, on-change",
      "PathNotFound → PathNotFound, at-interval",
      "NotADocument → NotADocument, at-interval",
      "InvalidKey → InvalidKey, at-interval",
      "InvalidForType → InvalidForType, at-interval",
      "DuplicateKey → DuplicateKey, at-interval",
      "TemplateError → TemplateError, on-change",
      "TooLarge → TooLarge, at-interval",
      "NoData → NoData, at-interval",
      "TargetConflict → TargetConflict, on-change",
      "Conflict → WriteFailed, transient",
      "WriteDenied → WriteFailed, at-interval",
      "WriteFailed → WriteFailed, transient",
      "Cancelled → InternalError, transient",
      "Internal → InternalError, transient",
    ]
  `)
})

it('recognises its errors across copies of the package', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('ack-secret-manager.SecretSyncError')]: true })
  expect(isSecretSyncError(new SecretSyncError('NotFound', 'x'))).toBe(true)
  expect(isSecretSyncError(foreign)).toBe(true)
  expect([new Error('x'), 'x', null, undefined].some(isSecretSyncError)).toBe(false)
})

it('drops the message of other errors', () => {
  const foreign = Object.assign(new Error('https://kms/?Signature=canary'), { code: 'ECONNRESET' })
  const error = toSecretSyncError(foreign, 'reading app/db')
  expect(error.code).toBe('Internal')
  expect(error.cause).toBeUndefined()
  expect(error.message).toContain('reading app/db: unexpected Error ECONNRESET')
  expect(error.message).not.toContain('canary')
})
