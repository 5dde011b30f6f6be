import { escapeControls } from '@ack-secret-manager/core'

/** Text on one line with escaped control characters, because names come from untrusted files. */
export function printable(text: string): string {
  return escapeControls(text.replace(/\s*\n\s*/g, ' '))
}
