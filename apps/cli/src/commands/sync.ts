import { SYNC_FLAGS } from '../sync/sync-flags.ts'
import { defineCommand } from './command.ts'

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
