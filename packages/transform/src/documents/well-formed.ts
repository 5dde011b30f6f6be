const LONE_SURROGATE = /\p{Surrogate}/u

/** `text` with every lone surrogate replaced by U+FFFD, as Go does, because it has no UTF-8 form. */
export function wellFormed(text: string): string {
  return LONE_SURROGATE.test(text) ? text.replaceAll(new RegExp(LONE_SURROGATE, 'gu'), '\uFFFD') : text
}
