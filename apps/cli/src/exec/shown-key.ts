/** Replaces a character that a key of a Secret cannot have. */
export const SUBSTITUTE = '.-.'

/** A key with `?` for each {@link SUBSTITUTE}, so that it is not the name of a variable. */
export function shownKey(key: string): string {
  return key.replaceAll(SUBSTITUTE, '?')
}
