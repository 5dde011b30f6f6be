import type { Flags } from '@ack-secret-manager/command-line'
import { GENERATE_FLAGS, KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm diff`. */
export const DIFF_FLAGS = {
  ...MANIFEST_FLAGS,
  kube: { kind: 'switch', help: 'Compare with the Secrets of the cluster of the kubeconfig. This is the default.' },
  out: { kind: 'text', value: 'DIR', help: 'Compare with the files that sync has written to this directory.' },
  kubeconfig: { kind: 'text', value: 'FILE', help: 'The kubeconfig. Default: as for kubectl.' },
  context: { kind: 'text', value: 'NAME', help: 'The context. Default: the current one.' },
  ...KMS_FLAGS,
  ...GENERATE_FLAGS,
  ...OUTPUT_FLAGS,
} as const satisfies Flags
