import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, READ_TIMEOUT, SELECT_FLAGS } from '../kube/kube-flags.ts'

/** Flags of `acksm suspend` and `acksm resume`. */
export const SUSPEND_FLAGS = {
  ...SELECT_FLAGS,
  'dry-run': {
    kind: 'switch',
    variable: false,
    help: 'Show what would change. The API server checks it and changes nothing.',
  },
  ...KUBE_FLAGS,
  timeout: READ_TIMEOUT,
} as const satisfies Flags
