import { z } from 'zod'
import { seedSchema } from './seed.ts'

/** JSON Schema of a seed file, draft 7, for editors. What needs code, such as two secrets of one name, is left to the start. */
export function seedJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(seedSchema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }),
    title: 'Data of the KMS simulator',
  }
}
