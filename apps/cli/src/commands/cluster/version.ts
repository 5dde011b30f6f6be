import { defineCommand } from '@ack-secret-manager/command-line'
import { VERSION_FLAGS } from '../../version-command/version-flags.ts'

/** `acksm version` */
export const versionCommand = defineCommand({
  name: 'version',
  summary: 'Print the version of acksm, and of the operator in the cluster.',
  description:
    'The version of the operator is that of its Deployment: the label app.kubernetes.io/version, or the tag of the image.\n' +
    'Without a kubeconfig only the version of acksm is printed.',
  examples: [
    ['acksm version', 'both'],
    ['acksm version --client', 'without a request to a cluster'],
  ],
  flags: VERSION_FLAGS,
  load: async () => (await import('../../version-command/run-version.ts')).runVersion,
})
