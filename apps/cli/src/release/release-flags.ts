import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, READ_TIMEOUT, SELECT_FLAGS } from '../kube/kube-flags.ts'

/** Flags of `acksm release`. */
export const RELEASE_FLAGS = {
  ...SELECT_FLAGS,
  'dry-run': {
    kind: 'switch',
    variable: false,
    help: 'Show which would be released. The API server checks it and changes nothing.',
  },
  ...KUBE_FLAGS,
  timeout: READ_TIMEOUT,
} as const satisfies Flags
