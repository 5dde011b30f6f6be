import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, OPERATOR_NAMESPACE, SELECT_FLAGS } from '../kube/kube-flags.ts'

/** Flags of `acksm refresh`. */
export const REFRESH_FLAGS = {
  ...SELECT_FLAGS,
  wait: { kind: 'switch', help: 'Wait until the operator has read every secret and written the Secrets.' },
  timeout: {
    kind: 'duration',
    value: 'DURATION',
    default: '60s',
    max: '24h',
    help: 'Time limit, with and without --wait.',
  },
  ...KUBE_FLAGS,
  'operator-namespace': OPERATOR_NAMESPACE,
} as const satisfies Flags
