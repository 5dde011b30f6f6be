import { isSecretSyncError, nameText, SecretSyncError } from '@ack-secret-manager/core'

/** An error with the command that restores the secret, if the secret is scheduled for deletion. Other errors are the same. */
export function withRestoreCommand(error: unknown, secret: string): unknown {
  if (!isSecretSyncError(error)) return error
  const { code, message, facts } = error
  const text = restoreText(message, secret)
  return text === message ? error : new SecretSyncError(code, text, { facts, cause: error })
}

/** A message with this command. */
export function restoreText(message: string, secret: string): string {
  return message.replace(/\bscheduled for deletion\b.*: restore it first/, `$& with acksm restore ${nameText(secret)}`)
}
