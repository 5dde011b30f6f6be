import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { parseDuration } from '@ack-secret-manager/core'

const MIN_INTERVAL_MS = 1_000

/** Wrong usage of a command; the message is one line that names flag and value. */
export class UsageError extends Error {}

/** The flags of a command line, by these definitions. @throws UsageError */
export function readFlags<const T extends ParseArgsOptionsConfig>(argv: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...argv], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'wrong usage')
  }
}

/** @throws UsageError unless `text` is a whole number within the bounds */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < min || value > max) {
    throw new UsageError(`--${flag} ${text}: a whole number from ${min} to ${max} is needed`)
  }
  return value
}

/** Milliseconds of a polling interval. @throws UsageError */
export function pollingInterval(flag: string, text: string): number {
  const intervalMs = parseDuration(text)
  if (intervalMs === undefined || intervalMs < MIN_INTERVAL_MS) {
    throw new UsageError(`--${flag} ${text}: a duration of at least 1s is needed, such as 60s`)
  }
  return intervalMs
}
