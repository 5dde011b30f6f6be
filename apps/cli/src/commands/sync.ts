import type { Flags } from '../flags/flag.ts'
import { KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'
import { defineCommand } from './command.ts'

/** Flags of `acksm sync`. */
export const SYNC_FLAGS = {
  ...MANIFEST_FLAGS,
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'Write files: DIR/NAMESPACE/SECRET/KEY. DIR must be new, empty or made by this command.',
  },
  kube: { kind: 'switch', help: 'Write Secrets into the cluster of the kubeconfig.' },
  kubeconfig: { kind: 'text', value: 'FILE', help: 'With --kube: the kubeconfig. Default: as kubectl.' },
  context: { kind: 'text', value: 'NAME', help: 'With --kube: the context. Default: the current one.' },
  watch: { kind: 'switch', short: 'w', help: 'Keep running: follow rotation and changes of the manifests.' },
  'polling-interval': {
    kind: 'duration',
    help: 'With --watch: how often secrets are read whose resource does not say. Default: 120s.',
  },
  ...KMS_FLAGS,
  ...OUTPUT_FLAGS,
} as const satisfies Flags

/** `acksm sync` */
export const syncCommand = defineCommand({
  name: 'sync',
  summary: 'Write the Secrets that manifests ask for, to files or into a cluster.',
  description:
    'Reads ExternalSecrets and SecretStores, with the Secrets that hold their credentials, and writes what they ask for:\n' +
    'the same engine as the operator, without one. What a secret was before stays when it cannot be read.',
  examples: [
    ['acksm sync -f manifests/ --out secrets', 'one pass, to files'],
    ['acksm sync -f manifests/ --out secrets --watch --polling-interval 30s', 'keep them fresh until Ctrl-C'],
    ['acksm sync -f app.yaml -n shop --kube --context staging', 'into a cluster'],
    ['kustomize build . | acksm sync -f - --out secrets -o json', 'for a script'],
  ],
  flags: SYNC_FLAGS,
  load: async () => (await import('../sync/run-sync.ts')).runSync,
})
