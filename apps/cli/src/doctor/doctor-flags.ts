import type { Flags } from '@ack-secret-manager/command-line'
import { HINT_FLAGS } from '../manage/manage-flags.ts'
import { GENERATE_FLAGS, KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm doctor`. */
export const DOCTOR_FLAGS = {
  ...MANIFEST_FLAGS,
  filename: {
    kind: 'files',
    short: 'f',
    value: 'FILE|DIR',
    help: 'Manifests whose stores and secrets are checked: files, directories, or - for stdin.',
  },
  namespace: {
    kind: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'Namespace of manifests that set none, and with --kube the only one whose resources are checked. Default: with --kube all namespaces that you may list.',
  },
  kube: { kind: 'switch', help: 'Check the cluster of the kubeconfig.' },
  kubeconfig: { kind: 'text', value: 'FILE', help: 'With --kube: the kubeconfig. Default: as for kubectl.' },
  context: {
    kind: 'text',
    value: 'NAME',
    completes: 'context',
    help: 'With --kube: the context. Default: the current one.',
  },
  'operator-namespace': {
    kind: 'namespace',
    value: 'NAME',
    help: 'With --kube: the namespace of the operator. Default: it is searched.',
  },
  ...KMS_FLAGS,
  ...GENERATE_FLAGS,
  instance: {
    kind: 'list',
    value: 'ID',
    help: 'KMS instance whose quotas are checked, besides those of the stores. May be repeated.',
  },
  'hint-queue': {
    kind: 'list',
    value: 'ARN',
    help: 'SMQ queue of --hint-queue of an operator: whether it exists, and permissions. May be repeated.',
  },
  'hint-endpoint': {
    ...HINT_FLAGS['hint-endpoint'],
    help: 'Endpoint of the queues. Default: ACCOUNT.mns.REGION.aliyuncs.com, with -internal for --network vpc.',
  },
  timeout: { ...KMS_FLAGS.timeout, default: '60s', help: 'Time limit of all checks together.' },
  ...OUTPUT_FLAGS,
} as const satisfies Flags
