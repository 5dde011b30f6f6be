const MAX_LENGTH = 100
const WORD = /^[A-Za-z_-]{1,20}$/

/** Shapes of valid and mistyped values by kind of flag. Secrets do not match, because they mix cases and digits. */
const SHAPES = {
  /** One of a few words. */
  word: WORD,
  /** A number, a duration. */
  quantity: /^[-+]?\d[\d.,a-z\u00b5\u03bc ]{0,23}$/,
  /** Namespaces, hosts, packages or paths: each part has one case, or an initial capital. */
  names: /^@?(?:[-_.,:*/[\]]|(?<![A-Za-z0-9])(?:[a-z0-9]+|[A-Z]+|[A-Z][a-z]+)(?![A-Za-z0-9]))*$/,
} as const

/** Kind of a flag's value. None of these is a secret. */
export type TypedShape = keyof typeof SHAPES

/**
 * The typed value of a flag for an error message: unchanged if it has the shape of a mistyped value, else `…`, because a
 * user may have passed a secret to the wrong flag.
 */
export function typedText(text: string, shape: TypedShape): string {
  if (text === '') return '""'
  return text.length <= MAX_LENGTH && (WORD.test(text) || SHAPES[shape].test(text)) ? text : '…'
}
