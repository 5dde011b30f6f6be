import type { Flags } from '@ack-secret-manager/command-line'
import { CLOUD_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm list`. */
export const LIST_FLAGS = {
  tag: {
    kind: 'list',
    variable: false,
    value: 'KEY[=VALUE]',
    help: 'Only secrets with this tag, of this value or of any. May be repeated: all must match.',
  },
  type: {
    kind: 'list',
    value: 'TYPE',
    help: 'Only secrets of this type: Generic, Rds, RAMCredentials, ECS, PolarDB, Redis, or =TYPE for a newer one. May be repeated: one must match.',
  },
  deleted: {
    kind: 'text',
    default: 'include',
    choices: ['include', 'exclude', 'only'],
    help: 'Secrets that are scheduled for deletion.',
  },
  ...CLOUD_FLAGS,
  output: {
    ...OUTPUT_FLAGS.output,
    choices: ['human', 'wide', 'name', 'json'],
    help: 'Output format of stdout: a table, a table with tags and next rotation, one name a line, or one JSON document.',
  },
  'log-level': OUTPUT_FLAGS['log-level'],
} as const satisfies Flags
