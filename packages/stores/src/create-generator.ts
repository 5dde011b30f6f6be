import {
  defined,
  isSecretSyncError,
  parseDuration,
  type SecretGenerator,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { passwordGenerator } from '@ack-secret-manager/generator-password'
import type { GenerateEntry } from '@ack-secret-manager/resources'

/**
 * The generator of an entry of `spec.generate`.
 * @throws SecretSyncError `InvalidSpec` with a field of the entry in `facts.field`
 */
export function createGenerator({ password }: GenerateEntry): SecretGenerator {
  const { length, classes, alphabet, rotationInterval, onSettingsChange } = password
  const renewAfterMs = rotationInterval === undefined ? undefined : parseDuration(rotationInterval)
  return inField('password', () =>
    passwordGenerator({
      length,
      renewsOnChange: onSettingsChange === 'Generate',
      ...defined({ classes, alphabet, renewAfterMs }),
    }),
  )
}

/** Runs `create`, whose errors name a field below `field`. */
function inField<T>(field: string, create: () => T): T {
  try {
    return create()
  } catch (error) {
    if (!isSecretSyncError(error) || error.facts.field === undefined) throw error
    const facts = { ...error.facts, field: `${field}.${error.facts.field}` }
    throw new SecretSyncError(error.code, `${field}.${error.message}`, { facts })
  }
}
