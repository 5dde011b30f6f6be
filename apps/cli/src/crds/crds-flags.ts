import type { Flags } from '@ack-secret-manager/command-line'

/** Flags of `acksm crds`. */
export const CRDS_FLAGS = {
  output: {
    kind: 'text',
    short: 'o',
    default: 'yaml',
    choices: ['yaml', 'json', 'human'],
    help: 'YAML documents (also for human), or one JSON list.',
  },
} as const satisfies Flags
