import type { Flags } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS, VERSION_FLAG } from '../manage/manage-flags.ts'

/** Flags of `acksm edit`. */
export const EDIT_FLAGS = {
  editor: {
    kind: 'text',
    value: 'COMMAND',
    help: 'Editor, with its flags: "code --wait". Default: VISUAL, or EDITOR, or vi.',
  },
  ...VERSION_FLAG,
  ...CHANGE_FLAGS,
} as const satisfies Flags
