import { type SecretGenerator, Sensitive } from '@ack-secret-manager/core'
import type { GenerateEntry } from '@ack-secret-manager/resources'
import { createGenerator } from '@ack-secret-manager/stores'

/** Generates a text that is the same in each run and that no user takes for a value. Settings are checked as in the operator. */
export function placeholderGenerator(entry: GenerateEntry): SecretGenerator {
  const generator = createGenerator(entry)
  const bytes = Buffer.from(`<generated ${generator.kind}>`)
  return { ...generator, generate: () => Promise.resolve(new Sensitive<Uint8Array>(bytes)) }
}
