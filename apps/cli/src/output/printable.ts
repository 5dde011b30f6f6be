import { escapeControls } from '@ack-secret-manager/core'

/** Text on one line, with escapes for what a terminal would obey or what shows nothing: names come from files of others. */
export function printable(text: string): string {
  return escapeControls(text.replace(/\s*\n\s*/g, ' '))
}
