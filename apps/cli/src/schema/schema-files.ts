import { seedJsonSchema } from '@ack-secret-manager/kms-simulator'
import { jsonSchemas } from '@ack-secret-manager/resources'

/** In each file, so that only files of this command are replaced. */
export const COMMENT = 'Made by acksm schema. Changes are lost.'

/** Texts of all schemas by file name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const schemas = [...jsonSchemas(), ['simulator-seed.json', seedJsonSchema()] as const]
  return new Map(
    schemas.map(([name, schema]) => [name, `${JSON.stringify({ $comment: COMMENT, ...schema }, undefined, 2)}\n`]),
  )
}
