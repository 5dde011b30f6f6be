import type { Flags } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS, VERSION_FLAG } from './manage-flags.ts'

/** Flags of `acksm rotate`. */
export const ROTATE_FLAGS = { ...VERSION_FLAG, ...CHANGE_FLAGS } as const satisfies Flags

/** Flags of `acksm promote`. */
export const PROMOTE_FLAGS = {
  'version-id': {
    kind: 'text',
    variable: false,
    value: 'ID',
    help: 'The same as VERSION_ID.',
  },
  ...CHANGE_FLAGS,
} as const satisfies Flags

/** Flags of `acksm delete`. */
export const DELETE_FLAGS = {
  'recovery-days': {
    kind: 'integer',
    value: 'DAYS',
    min: '7',
    max: '30',
    help: 'Days until the secret is deleted, from 7 to 30, in which it can be restored. Default: 30.',
  },
  force: {
    kind: 'switch',
    variable: false,
    help: 'Delete at once. The secret cannot be restored, and the question asks for its name.',
  },
  ...CHANGE_FLAGS,
} as const satisfies Flags
