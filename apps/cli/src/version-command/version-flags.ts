import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, OPERATOR_NAMESPACE, READ_TIMEOUT } from '../kube/kube-flags.ts'

/** Flags of `acksm version`. */
export const VERSION_FLAGS = {
  client: { kind: 'switch', help: 'Print only the version of acksm.' },
  kubeconfig: KUBE_FLAGS.kubeconfig,
  context: KUBE_FLAGS.context,
  'operator-namespace': OPERATOR_NAMESPACE,
  timeout: { ...READ_TIMEOUT, default: '10s' },
  output: KUBE_FLAGS.output,
  'log-level': KUBE_FLAGS['log-level'],
} as const satisfies Flags
