import { escapeControls } from '../errors/printable.ts'

/** Lengths that a status has room for, in characters: of the name or ARN of a secret, of its version id or stage, and of its type. */
export const TEXT_LIMITS = { secretName: 512, version: 128, secretType: 64 } as const

/**
 * Whether `text` can be part of statuses, annotations and log lines: it is not empty, has no control characters, and no lone surrogate,
 * which has no UTF-8 form.
 */
export function isLine(text: unknown, maxLength: number): text is string {
  if (typeof text !== 'string' || text === '' || text.length > maxLength) return false
  return escapeControls(text) === text && !/\p{Surrogate}/u.test(text)
}
