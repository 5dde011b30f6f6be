import { defineCommand } from '@ack-secret-manager/command-line'
import { FILES_HINT } from '../files-hint.ts'
import { RENDER_FLAGS } from '../../render/render-flags.ts'

/** `acksm render` */
export const renderCommand = defineCommand({
  name: 'render',
  summary: 'Print the Secrets of manifests as YAML.',
  description:
    'Reads from KMS and prints the Secrets that `sync` would write, with the secret and version of each key. Writes nothing.\n' +
    'Masked values are not valid base64, so that they cannot be applied by mistake.',
  examples: [
    ['acksm render -f manifests/', 'the keys, and the source of each'],
    ['acksm render -f app.yaml --show-values', 'with their values'],
  ],
  excessHint: FILES_HINT,
  flags: RENDER_FLAGS,
  load: async () => (await import('../../render/run-render.ts')).runRender,
})
