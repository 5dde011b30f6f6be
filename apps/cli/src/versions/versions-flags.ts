import type { Flags } from '@ack-secret-manager/command-line'
import { CLOUD_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm versions`. */
export const VERSIONS_FLAGS = {
  ...CLOUD_FLAGS,
  output: {
    ...OUTPUT_FLAGS.output,
    choices: ['human', 'name', 'json'],
    help: 'Output format of stdout: a table, one version id a line, or one JSON document.',
  },
  'log-level': OUTPUT_FLAGS['log-level'],
} as const satisfies Flags
