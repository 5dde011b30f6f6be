import { RENDER_FLAGS } from '../render/render-flags.ts'
import { defineCommand } from './command.ts'

/** `acksm render` */
export const renderCommand = defineCommand({
  name: 'render',
  summary: 'Print the Secrets that manifests ask for, as YAML.',
  description:
    'Reads from KMS and prints the Secrets that `sync` would write, with the secret and version of each key. Writes nothing.\n' +
    'A masked value is no base64, so that nobody can apply it by mistake.',
  examples: [
    ['acksm render -f manifests/', 'which keys there would be, and where each comes from'],
    ['acksm render -f app.yaml --show-values', 'with their values'],
  ],
  flags: RENDER_FLAGS,
  load: async () => (await import('../render/run-render.ts')).runRender,
})
