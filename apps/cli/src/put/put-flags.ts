import type { Flags } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS, VERSION_FLAG } from '../manage/manage-flags.ts'

/** Flags of `acksm put`. */
export const PUT_FLAGS = {
  'from-file': {
    kind: 'text',
    value: 'FILE',
    help: 'Read the value from this file, or from stdin with -. Default: stdin, or a hidden prompt on a terminal.',
  },
  binary: { kind: 'switch', help: 'Store the value as binary, even if it is text.' },
  'trim-newline': { kind: 'switch', help: 'Remove one line break at the end of the value, as echo adds it.' },
  ...VERSION_FLAG,
  create: {
    kind: 'switch',
    variable: false,
    help: 'With --yes: create the secret if it does not exist. Without, the question names it.',
  },
  description: { kind: 'text', variable: false, value: 'TEXT', help: 'Description of a secret that is created.' },
  tag: { kind: 'list', variable: false, value: 'KEY=VALUE', help: 'Tag of a secret that is created. May be repeated.' },
  'kms-key': {
    kind: 'text',
    value: 'KEY_ID',
    help: 'Key that encrypts a secret that is created. Default: that of KMS.',
  },
  instance: { kind: 'text', value: 'INSTANCE_ID', help: 'KMS instance of a secret that is created.' },
  ...CHANGE_FLAGS,
} as const satisfies Flags
