import type { Flags } from '@ack-secret-manager/command-line'
import { KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm render`. */
export const RENDER_FLAGS = {
  ...MANIFEST_FLAGS,
  namespace: { ...MANIFEST_FLAGS.namespace, help: 'Namespace of manifests that set none. Default: default.' },
  'show-values': { kind: 'switch', help: 'Print the values. Without it they are masked.' },
  ...KMS_FLAGS,
  ...OUTPUT_FLAGS,
} as const satisfies Flags
