import { z } from 'zod'

/** A text, one that is repeated, or one that is repeated with `#` standing for 0, 1, 2 … */
const partSchema = z.union([
  z.string(),
  z.strictObject({ repeat: z.string(), times: z.int().min(1).max(100_000) }),
  z.strictObject({ count: z.string(), times: z.int().min(1).max(100_000) }),
])

/** Bytes as a case file writes them: a text, base64 for what is no text, or parts where the whole would be long. */
export const byteTextSchema = z.union([
  z.string(),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ parts: z.array(partSchema).min(1) }),
])

/** See {@link byteTextSchema}. */
export type ByteText = z.output<typeof byteTextSchema>

/** The bytes that are meant. */
export function bytesOf(text: ByteText): Buffer {
  if (typeof text === 'string') return Buffer.from(text)
  if ('base64' in text) return Buffer.from(text.base64, 'base64')
  return Buffer.from(text.parts.map(textOf).join(''))
}

function textOf(part: z.output<typeof partSchema>): string {
  if (typeof part === 'string') return part
  if ('repeat' in part) return part.repeat.repeat(part.times)
  return Array.from({ length: part.times }, (_, index) => part.count.replaceAll('#', String(index))).join('')
}
