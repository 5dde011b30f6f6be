import { defineCommand } from '@ack-secret-manager/command-line'
import { CRDS_FLAGS } from '../../crds/crds-flags.ts'

/** `acksm crds` */
export const crdsCommand = defineCommand({
  name: 'crds',
  summary: 'Print the CustomResourceDefinitions.',
  description:
    'Prints the CRDs of ExternalSecret, ClusterExternalSecret, SecretStore, ClusterSecretStore and PushSecret.',
  examples: [['acksm crds | kubectl apply --server-side -f -', 'install or update them']],
  flags: CRDS_FLAGS,
  load: async () => (await import('../../crds/run-crds.ts')).runCrds,
})
