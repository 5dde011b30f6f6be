import type { TemplateText } from '@ack-secret-manager/core'

/** The text of a template, for the engine. Keep no reference. */
export function plainText({ text }: TemplateText): string {
  return typeof text === 'string' ? text : text.expose()
}
