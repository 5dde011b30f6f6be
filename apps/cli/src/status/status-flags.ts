import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, OPERATOR_NAMESPACE, READ_TIMEOUT, SELECT_FLAGS } from '../kube/kube-flags.ts'

/** Flags of `acksm status`. */
export const STATUS_FLAGS = {
  ...SELECT_FLAGS,
  watch: {
    kind: 'switch',
    variable: false,
    short: 'w',
    help: 'Until Ctrl-C: draw the groups again on a terminal, else print a line for each change.',
  },
  ...KUBE_FLAGS,
  'operator-namespace': OPERATOR_NAMESPACE,
  output: {
    kind: 'text',
    short: 'o',
    default: 'human',
    choices: ['human', 'wide', 'json'],
    help: 'Output format of stdout; wide lists every ExternalSecret. With json, exactly one document, then one line for each change.',
  },
  timeout: READ_TIMEOUT,
} as const satisfies Flags
