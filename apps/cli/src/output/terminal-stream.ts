import type { OutputStream } from '@ack-secret-manager/command-line'
import { escapeControls } from '@ack-secret-manager/core'

/** Line ends, tabs and the colours of this program, which are not escaped. */
// oxlint-disable-next-line no-control-regex -- it matches control characters
const KEPT = /(\r?\n|\t|\u001b\[(?:0|1|31|32|33)m)/

/** A terminal stream that escapes control characters of text. Bytes are written unchanged. */
export function terminalStream(stream: OutputStream): OutputStream {
  return { write: (chunk) => stream.write(typeof chunk === 'string' ? shown(chunk) : chunk) }
}

/** A text with escaped control characters. */
export function shown(text: string): string {
  // Every second part is a separator, which is kept.
  const parts = text.split(KEPT)
  return parts.map((part, index) => (index % 2 === 0 ? escapeControls(part) : part)).join('')
}
