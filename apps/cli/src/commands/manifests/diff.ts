import { defineCommand } from '@ack-secret-manager/command-line'
import { FILES_HINT } from '../files-hint.ts'
import { DIFF_FLAGS } from '../../diff/diff-flags.ts'

/** `acksm diff` */
export const diffCommand = defineCommand({
  name: 'diff',
  summary: 'Show what sync or the operator would change, without values.',
  description:
    'Reads from KMS and compares with the Secrets of the cluster, or with the files of --out. It decides as `sync` and the operator do, and ' +
    'writes nothing: "no changes" means that `sync` would write nothing. Shows keys, versions, types, labels and owners, never a value.',
  examples: [
    ['acksm diff -f manifests/', 'against the cluster of the kubeconfig'],
    ['acksm diff -f manifests/ -n shop --context staging', 'another context'],
    ['acksm diff -f manifests/ --out secrets', 'against files of sync'],
    ['acksm diff -f manifests/ -o json', 'for a script'],
  ],
  excessHint: FILES_HINT,
  flags: DIFF_FLAGS,
  note: 'Exit codes: 0 no changes, 1 changes, 2 invalid usage or input, or something could not be compared, 130 interrupted.',
  load: async () => (await import('../../diff/run-diff.ts')).runDiff,
})
