const LONE_SURROGATE = /\p{Surrogate}/u

/** `text` with every half of a surrogate pair as U+FFFD, as Go does: it could not be written as UTF-8. */
export function wellFormed(text: string): string {
  return LONE_SURROGATE.test(text) ? text.replaceAll(new RegExp(LONE_SURROGATE, 'gu'), '\uFFFD') : text
}
