import type { Flags } from '@ack-secret-manager/command-line'
import { CLOUD_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags to announce a change to operators. */
export const HINT_FLAGS = {
  'hint-queue': {
    kind: 'list',
    value: 'ARN',
    help: 'Queue of --hint-queue of an operator, which then reads the secret at once. May be repeated.',
  },
  'hint-endpoint': {
    kind: 'endpoint',
    value: 'HOST[:PORT]',
    help: 'Endpoint of the queue. Default: ACCOUNT.mns.REGION.aliyuncs.com, with -internal for --network vpc.',
  },
} as const satisfies Flags

/** Flags of every command that changes a secret. */
export const CHANGE_FLAGS = {
  yes: { kind: 'switch', variable: false, short: 'y', help: 'Do not ask. Required without a terminal.' },
  'dry-run': { kind: 'switch', variable: false, help: 'Print what would change, and change nothing.' },
  ...HINT_FLAGS,
  ...CLOUD_FLAGS,
  ...OUTPUT_FLAGS,
} as const satisfies Flags

/** Flags of commands that make a version. */
export const VERSION_FLAG = {
  'version-id': {
    kind: 'text',
    variable: false,
    value: 'ID',
    help: 'Id of the new version. To repeat a command after a failure, use the same id. Default: a new one.',
  },
} as const satisfies Flags
