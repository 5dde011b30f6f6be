import { z } from 'zod'

/** A text, a repeated text, or a repeated text in which `#` is replaced by 0, 1, 2 … */
const partSchema = z.union([
  z.string(),
  z.strictObject({ repeat: z.string(), times: z.int().min(1).max(100_000) }),
  z.strictObject({ count: z.string(), times: z.int().min(1).max(100_000) }),
])

/** Bytes in a case file: a text, base64 if they are not text, or parts if they are long. */
export const byteTextSchema = z.union([
  z.string(),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ parts: z.array(partSchema).min(1) }),
])

/** See {@link byteTextSchema}. */
export type ByteText = z.output<typeof byteTextSchema>

/** The bytes of a {@link ByteText}. */
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
