import { SecretSyncError } from '@ack-secret-manager/core'

/** Characters of which a password contains at least one. */
export type CharacterClass = 'Lower' | 'Upper' | 'Digits' | 'Symbols'

/** Limits of the options of a password. */
export const PASSWORD_LIMITS = { minLength: 8, maxLength: 512, minCharacters: 10 } as const

/** Symbols need no escape in a URL, a shell or YAML. */
const CHARACTERS: Readonly<Record<CharacterClass, string>> = {
  Lower: 'abcdefghijklmnopqrstuvwxyz',
  Upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  Digits: '0123456789',
  Symbols: '-._~',
}
const PATTERNS: Readonly<Record<CharacterClass, RegExp>> = {
  Lower: /[a-z]/,
  Upper: /[A-Z]/,
  Digits: /[0-9]/,
  Symbols: /[^A-Za-z0-9]/,
}
const DEFAULT_CLASSES: readonly CharacterClass[] = ['Lower', 'Upper', 'Digits']
const PRINTABLE = /^[!-~]+$/

/** The characters of a password, and those that it must contain. */
export interface PasswordAlphabet {
  readonly characters: string
  /** One pattern for each class that must occur. */
  readonly required: readonly RegExp[]
}

/**
 * The alphabet of a password.
 * @throws SecretSyncError `InvalidSpec` with `classes` or `alphabet` in `facts.field`
 */
export function passwordAlphabet(
  classes: readonly CharacterClass[] | undefined,
  alphabet: string | undefined,
): PasswordAlphabet {
  const required = classes ?? (alphabet === undefined ? DEFAULT_CLASSES : [])
  const [field, message] = checkAlphabet(required, alphabet) ?? []
  if (field !== undefined) throw new SecretSyncError('InvalidSpec', `${field}: ${message}`, { facts: { field } })
  return {
    characters: alphabet ?? required.map((name) => CHARACTERS[name]).join(''),
    required: required.map((name) => PATTERNS[name]),
  }
}

/** Why no password can be made from classes and an alphabet: the field and what is wrong. Undefined if one can. */
export function checkAlphabet(
  classes: readonly CharacterClass[] | undefined,
  alphabet: string | undefined,
): readonly ['alphabet' | 'classes', string] | undefined {
  const { minCharacters } = PASSWORD_LIMITS
  if (classes !== undefined && new Set(classes).size !== classes.length) return ['classes', 'expected each class once']
  if (alphabet === undefined) {
    const count = (classes ?? DEFAULT_CLASSES).reduce((sum, name) => sum + CHARACTERS[name].length, 0)
    return count < minCharacters
      ? ['classes', `expected classes with at least ${minCharacters} characters together, got ${count}`]
      : undefined
  }
  if (!PRINTABLE.test(alphabet)) return ['alphabet', 'expected printable ASCII characters without spaces']
  const { size } = new Set(alphabet)
  if (size !== alphabet.length) return ['alphabet', 'expected each character once']
  if (size < minCharacters) return ['alphabet', `expected at least ${minCharacters} characters, got ${size}`]
  const missing = classes?.find((name) => !PATTERNS[name].test(alphabet))
  return missing === undefined ? undefined : ['alphabet', `it has no character of the class ${missing}`]
}
