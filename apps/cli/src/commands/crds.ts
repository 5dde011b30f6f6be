import type { Flags } from '../flags/flag.ts'
import { defineCommand } from './command.ts'

/** Flags of `acksm crds`. */
export const CRDS_FLAGS = {
  output: {
    kind: 'text',
    short: 'o',
    default: 'yaml',
    choices: ['yaml', 'json', 'human'],
    help: 'YAML documents (human means the same), or one JSON list.',
  },
} as const satisfies Flags

/** `acksm crds` */
export const crdsCommand = defineCommand({
  name: 'crds',
  summary: 'Print the CustomResourceDefinitions.',
  description: 'Prints what a cluster needs to know ExternalSecret and SecretStore.',
  examples: [['acksm crds | kubectl apply --server-side -f -', 'install or update them']],
  flags: CRDS_FLAGS,
  load: async () => (await import('../crds/run-crds.ts')).runCrds,
})
