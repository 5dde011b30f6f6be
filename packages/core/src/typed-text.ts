/** Shorter than an AccessKey secret, a token or a password that anybody should have. */
const MAX_LENGTH = 16

/**
 * What somebody typed where it does not belong, for the message that refuses it: as it is when it is short, `…` when it could
 * be a secret that was given to the wrong flag.
 */
export function typedText(text: string): string {
  if (text === '') return '""'
  return text.length <= MAX_LENGTH ? text : '…'
}
