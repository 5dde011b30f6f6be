import type { Flags } from '@ack-secret-manager/command-line'
import { OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of every command that reads resources of a cluster. */
export const KUBE_FLAGS = {
  kubeconfig: { kind: 'text', value: 'FILE', help: 'The kubeconfig. Default: as for kubectl.' },
  context: { kind: 'text', value: 'NAME', completes: 'context', help: 'The context. Default: the current one.' },
  namespace: { kind: 'namespace', short: 'n', value: 'NAME', help: 'The namespace. Default: that of the context.' },
  output: OUTPUT_FLAGS.output,
  'log-level': OUTPUT_FLAGS['log-level'],
} as const satisfies Flags

/** Flag of every command that looks at the operator. */
export const OPERATOR_NAMESPACE = {
  kind: 'namespace',
  value: 'NAME',
  help: 'The namespace of the operator. Default: it is searched.',
} as const satisfies Flags[string]

/** Flags that select several resources. */
export const SELECT_FLAGS = {
  selector: {
    kind: 'text',
    short: 'l',
    value: 'SELECTOR',
    help: 'Only resources with these labels, such as team=shop.',
  },
  'all-namespaces': { kind: 'switch', short: 'A', help: 'In all namespaces.' },
} as const satisfies Flags

/** Deadline of a command that does not wait for the operator. */
export const READ_TIMEOUT = {
  kind: 'duration',
  value: 'DURATION',
  default: '60s',
  max: '24h',
  help: 'Time limit of all requests to the API server together.',
} as const satisfies Flags[string]
