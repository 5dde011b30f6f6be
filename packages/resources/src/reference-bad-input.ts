import { z } from 'zod'
import { problemsOf } from './problem.ts'
import { unwrap } from './schema-tree.ts'

/** Texts that people write and fields refuse, from the likely to the odd. */
const TEXTS: readonly string[] = ['Not valid', 'https://example.com/', '1', '../x', '-']
/** YAML makes a number of what has no quotes. */
const NO_TEXT = 5432

/** What the reader says of an input that `schema` does not take; undefined where it takes everything. */
export function badInputMessage(schema: z.ZodType): string | undefined {
  for (const input of badInputs(unwrap(schema))) {
    const parsed = schema.safeParse(input, { reportInput: true })
    if (!parsed.success) return problemsOf(schema, parsed.error.issues)[0]?.message
  }
  return undefined
}

function badInputs(schema: z.ZodType): readonly unknown[] {
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => String(option).slice(0, -1))
  if (schema instanceof z.ZodBoolean) return ['yes']
  return schema instanceof z.ZodString ? [...TEXTS, NO_TEXT] : ['text']
}
