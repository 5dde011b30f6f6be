import { createHash, randomInt as cryptoRandomInt } from 'node:crypto'
import { defined, SecretSyncError, type SecretGenerator, Sensitive } from '@ack-secret-manager/core'
import { type CharacterClass, PASSWORD_LIMITS, passwordAlphabet, type PasswordAlphabet } from './password-alphabet.ts'

export interface PasswordOptions {
  /** Number of characters. @default 32 */
  readonly length?: number
  /** Classes of which each occurs at least once. @default Lower, Upper and Digits; none with an `alphabet` */
  readonly classes?: readonly CharacterClass[]
  /** Characters that may occur. @default those of `classes` */
  readonly alphabet?: string
  /** @default never */
  readonly renewAfterMs?: number
  /** @default false */
  readonly renewsOnChange?: boolean
  /** Uniform integers from 0 to below `max`. @default that of `node:crypto` */
  readonly randomInt?: (max: number) => number
}

const DEFAULT_LENGTH = 32
/** Even with three classes of one character each, one candidate in 150 has all of them. */
const MAX_CANDIDATES = 1_000_000

/**
 * Random passwords, each equally likely among those that contain every class.
 * @throws SecretSyncError `InvalidSpec` for options that no password satisfies
 */
export function passwordGenerator(options: PasswordOptions = {}): SecretGenerator {
  const {
    length = DEFAULT_LENGTH,
    classes,
    alphabet,
    renewAfterMs,
    renewsOnChange,
    randomInt = cryptoRandomInt,
  } = options
  const { minLength, maxLength } = PASSWORD_LIMITS
  if (!Number.isInteger(length) || length < minLength || length > maxLength) {
    const why = `length: expected ${minLength} to ${maxLength}, got ${length}`
    throw new SecretSyncError('InvalidSpec', why, { facts: { field: 'length' } })
  }
  const characters = passwordAlphabet(classes, alphabet)
  return {
    kind: 'password',
    settings: settingsOf(length, characters),
    ...defined({ renewAfterMs, renewsOnChange }),
    generate: () =>
      Promise.resolve({ value: new Sensitive<Uint8Array>(Buffer.from(randomPassword(length, characters, randomInt))) }),
  }
}

function randomPassword(
  length: number,
  { characters, required }: PasswordAlphabet,
  randomInt: (max: number) => number,
): string {
  for (let candidate = 0; candidate < MAX_CANDIDATES; candidate += 1) {
    const password = Array.from({ length }, () => characters[randomInt(characters.length)]).join('')
    if (required.every((pattern) => pattern.test(password))) return password
  }
  throw new SecretSyncError('Internal', 'no random password contained every class; the random source is broken')
}

/** Independent of the order in which characters and classes are listed. */
function settingsOf(length: number, { characters, required }: PasswordAlphabet): string {
  const sorted = [characters.split('').toSorted().join(''), required.map(({ source }) => source).toSorted()]
  return createHash('sha256')
    .update(JSON.stringify([length, ...sorted]))
    .digest('hex')
    .slice(0, 8)
}
