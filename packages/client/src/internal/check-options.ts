import { SecretSyncError } from '@ack-secret-manager/core'

/** @throws SecretSyncError `InvalidSpec` naming the first option that is set and is no function */
export function checkFunctions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && typeof value !== 'function') {
      throw new SecretSyncError('InvalidSpec', `${name}: expected a function, got ${typeof value}`)
    }
  }
}

/** @throws RangeError naming the first option that is set and is no duration; 0 is one */
export function checkDurations(options: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
      throw new RangeError(`${name}: expected a whole number ≥ 0, got ${String(value)}`)
    }
  }
}
