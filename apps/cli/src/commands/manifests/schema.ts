import { defineCommand } from '@ack-secret-manager/command-line'
import { SCHEMA_FLAGS } from '../../schema/schema-flags.ts'

/** `acksm schema` */
export const schemaCommand = defineCommand({
  name: 'schema',
  summary: 'Write JSON Schemas, with which editors check manifests.',
  description:
    'Writes a JSON Schema for each kind, index.json for files with several kinds or other objects, and simulator-seed.json.\n' +
    'They are made from the CRDs and refuse unknown fields. Rules across fields are checked by acksm and the API server.',
  examples: [['acksm schema --out .schemas', 'for the editors of a repository']],
  flags: SCHEMA_FLAGS,
  note: 'In a manifest, for editors with the YAML language server:\n  # yaml-language-server: $schema=.schemas/index.json',
  load: async () => (await import('../../schema/run-schema.ts')).runSchema,
})
