import { escapeControls } from '@ack-secret-manager/core'
import type { OutputStream } from '../command-io.ts'

/** Line ends, tabs and the colours of this program; everything else that a terminal would obey is escaped. */
// oxlint-disable-next-line no-control-regex -- it matches control characters
const KEPT = /(\r?\n|\t|\u001b\[(?:0|1|31|32|33)m)/

/** A terminal that shows text and obeys none of it, wherever the text comes from. Bytes are written as they are. */
export function terminalStream(stream: OutputStream): OutputStream {
  return { write: (chunk) => stream.write(typeof chunk === 'string' ? shown(chunk) : chunk) }
}

/** What a terminal shows of a text. */
export function shown(text: string): string {
  // Every second part is a separator, which stays.
  const parts = text.split(KEPT)
  return parts.map((part, index) => (index % 2 === 0 ? escapeControls(part) : part)).join('')
}
