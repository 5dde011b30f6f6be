import type { Flags } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS, HINT_FLAGS } from '../manage/manage-flags.ts'

/** Flags of `acksm tag`. */
export const TAG_FLAGS = {
  overwrite: { kind: 'switch', variable: false, help: 'Also change tags that have another value.' },
  description: { kind: 'text', variable: false, value: 'TEXT', help: 'The new description.' },
  ...CHANGE_FLAGS,
  'hint-queue': {
    ...HINT_FLAGS['hint-queue'],
    help: 'No effect, because no value changes: operators find the tags with their next list.',
  },
  'hint-endpoint': { ...HINT_FLAGS['hint-endpoint'], help: 'No effect, as --hint-queue.' },
} as const satisfies Flags
