import type { Flags } from '@ack-secret-manager/command-line'

/** Flags of `acksm schema`. */
export const SCHEMA_FLAGS = {
  out: {
    kind: 'text',
    value: 'DIR',
    required: true,
    help: 'Directory of the schemas. Those of another version are replaced.',
  },
} as const satisfies Flags
