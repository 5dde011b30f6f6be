const MAX_LENGTH = 100
const WORD = /^[A-Za-z_-]{1,20}$/

/** By what a flag holds: how right and mistyped values of it look. Secrets have letters of both cases among digits. */
const SHAPES = {
  /** One of a few words. */
  word: WORD,
  /** A number, a duration. */
  quantity: /^[-+]?\d[\d.,a-z\u00b5\u03bc ]{0,23}$/,
  /** Namespaces, hosts, packages, paths, or several of them: their parts are of one case, or have a capital in front. */
  names: /^@?(?:[-_.,:*/[\]]|(?<![A-Za-z0-9])(?:[a-z0-9]+|[A-Z]+|[A-Z][a-z]+)(?![A-Za-z0-9]))*$/,
} as const

/** What a flag holds; none of these is a secret. */
export type TypedShape = keyof typeof SHAPES

/**
 * What somebody typed as the value of a flag, for the message that refuses it: as it is when it looks like a mistyped value of
 * that flag, `…` when it could be a secret that was given to the wrong one.
 */
export function typedText(text: string, shape: TypedShape): string {
  if (text === '') return '""'
  return text.length <= MAX_LENGTH && (WORD.test(text) || SHAPES[shape].test(text)) ? text : '…'
}
