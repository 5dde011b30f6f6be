import { escapeControls } from '@ack-secret-manager/core'

/** Whether a text can be part of statuses, annotations and log lines. A lone surrogate cannot, because it has no UTF-8 form. */
export function isLine(text: string, maxLength: number): boolean {
  return text.length <= maxLength && escapeControls(text) === text && !/\p{Surrogate}/u.test(text)
}
