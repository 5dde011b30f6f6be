import { escapeControls } from '@ack-secret-manager/core'

/**
 * A JSON document that ends with a newline. Controls, invisible format characters and line separators, which JSON may have as they
 * are, are escaped, because messages of a status come from others and stdout may be a terminal. The meaning is the same.
 */
export function jsonText(document: unknown, indent?: number): string {
  const lines = JSON.stringify(document, undefined, indent).split('\n')
  return `${lines.map(escapeControls).join('\n')}\n`
}
