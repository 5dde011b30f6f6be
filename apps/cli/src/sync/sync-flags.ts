import type { Flags } from '@ack-secret-manager/command-line'
import { GENERATE_FLAGS, KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm sync`. */
export const SYNC_FLAGS = {
  ...MANIFEST_FLAGS,
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'Write files: DIR/NAMESPACE/SECRET/KEY. DIR must be new, empty or created by this command.',
  },
  kube: { kind: 'switch', help: 'Write Secrets into the cluster of the kubeconfig.' },
  kubeconfig: { kind: 'text', value: 'FILE', help: 'With --kube: the kubeconfig. Default: as for kubectl.' },
  context: {
    kind: 'text',
    value: 'NAME',
    completes: 'context',
    help: 'With --kube: the context. Default: the current one.',
  },
  watch: {
    kind: 'switch',
    variable: false,
    short: 'w',
    help: 'Keep running: follow rotation and changes of the manifests.',
  },
  'polling-interval': {
    kind: 'duration',
    value: 'DURATION',
    max: '24h',
    help: 'With --watch: default refresh interval, used when spec.rotationInterval is not set. Default: 120s.',
  },
  ...KMS_FLAGS,
  ...GENERATE_FLAGS,
  ...OUTPUT_FLAGS,
} as const satisfies Flags
