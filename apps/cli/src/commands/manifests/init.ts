import { defineCommand } from '@ack-secret-manager/command-line'
import { INIT_FLAGS } from '../../init/init-flags.ts'

/** `acksm init` */
export const initCommand = defineCommand({
  name: 'init',
  summary: 'Write a first SecretStore and ExternalSecret.',
  description:
    'Asks for the access method, the KMS secret and names, and prints manifests with comments. Each question has a default or a flag.\n' +
    'Looks for the secret at KMS with your identity, without reading its value. A failure is only a note.',
  examples: [
    ['acksm init --out shop.yaml', 'answer questions'],
    ['acksm init --yes --secret shop/db --members username --members password', 'split a JSON secret into keys'],
    ['acksm init --yes --access worker-role --secret shop/db --offline | kubectl apply -f -', 'in a script'],
  ],
  flags: INIT_FLAGS,
  note: 'The check needs kms:DescribeSecret.',
  load: async () => (await import('../../init/run-init.ts')).runInit,
})
