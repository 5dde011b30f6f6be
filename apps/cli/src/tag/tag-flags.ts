import type { Flags } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS } from '../manage/manage-flags.ts'

/** Flags of `acksm tag`. */
export const TAG_FLAGS = {
  overwrite: { kind: 'switch', variable: false, help: 'Also change tags that have another value.' },
  description: { kind: 'text', variable: false, value: 'TEXT', help: 'The new description.' },
  ...CHANGE_FLAGS,
} as const satisfies Flags
