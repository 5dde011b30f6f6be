import { defineCommand } from '@ack-secret-manager/command-line'
import { FILES_HINT } from '../files-hint.ts'
import { SYNC_FLAGS } from '../../sync/sync-flags.ts'

/** `acksm sync` */
export const syncCommand = defineCommand({
  name: 'sync',
  summary: 'Write the Secrets of manifests to files or into a cluster.',
  description:
    'Reads ExternalSecrets, SecretStores and the Secrets with their credentials, and writes the resulting Secrets.\n' +
    'It runs the engine of the operator. A secret that cannot be read keeps its last value.',
  examples: [
    ['acksm sync -f manifests/ --out secrets', 'one pass, to files'],
    ['acksm sync -f manifests/ --out secrets --watch --polling-interval 30s', 'keep them fresh until Ctrl-C'],
    ['acksm sync -f app.yaml -n shop --kube --context staging', 'into a cluster'],
    ['kustomize build . | acksm sync -f - --out secrets -o json', 'for a script'],
  ],
  excessHint: FILES_HINT,
  flags: SYNC_FLAGS,
  load: async () => (await import('../../sync/run-sync.ts')).runSync,
})
