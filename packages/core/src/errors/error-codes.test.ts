import { expect, it } from 'vitest'
import { ERROR_CODES, isOutage, reasonOf, retryOf } from './error-codes.ts'
import { isSecretSyncError, SecretSyncError, toSecretSyncError } from './secret-sync-error.ts'

it('gives every code a reason and a way to go on', () => {
  const table = ERROR_CODES.map(
    (code) => `${code} → ${reasonOf(code)}, ${retryOf(code)}${isOutage(code) ? ', outage' : ''}`,
  )
  expect(table).toMatchInlineSnapshot(`
    [
      "NotFound → SecretNotFound, settled",
      "AccessDenied → AccessDenied, settled",
      "Unauthenticated → AuthenticationFailed, transient",
      "Throttled → Unavailable, transient, outage",
      "Unavailable → Unavailable, transient, outage",
      "Timeout → Unavailable, transient, outage",
      "InvalidResponse → Unavailable, transient, outage",
      "InvalidSpec → InvalidSpec, on-change",
      "StoreNotFound → StoreNotFound, on-change",
      "StoreNotAllowed → StoreNotAllowed, on-change",
      "CrossNamespaceRefused → CrossNamespaceRefused, on-change",
      "PathNotFound → PathNotFound, settled",
      "NotADocument → NotADocument, settled",
      "InvalidKey → InvalidKey, settled",
      "InvalidForType → InvalidForType, settled",
      "DuplicateKey → DuplicateKey, settled",
      "TemplateError → TemplateError, on-change",
      "TooLarge → TooLarge, settled",
      "NoData → NoData, settled",
      "TargetConflict → TargetConflict, on-change",
      "Conflict → WriteFailed, transient",
      "WriteDenied → WriteFailed, settled",
      "WriteFailed → WriteFailed, transient",
      "Cancelled → InternalError, transient",
      "Internal → InternalError, transient",
    ]
  `)
})

it('knows its errors across copies of the package', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('ack-secret-manager.SecretSyncError')]: true })
  expect(isSecretSyncError(new SecretSyncError('NotFound', 'x'))).toBe(true)
  expect(isSecretSyncError(foreign)).toBe(true)
  expect([new Error('x'), 'x', null, undefined].some(isSecretSyncError)).toBe(false)
})

it('drops the message of a foreign error, which may hold anything', () => {
  const foreign = Object.assign(new Error('https://kms/?Signature=canary'), { code: 'ECONNRESET' })
  const error = toSecretSyncError(foreign, 'reading app/db')
  expect(error.code).toBe('Internal')
  expect(error.cause).toBeUndefined()
  expect(error.message).toContain('reading app/db: unexpected Error ECONNRESET')
  expect(error.message).not.toContain('canary')
})
