import { defineCommand } from '@ack-secret-manager/command-line'
import { INIT_FLAGS } from '../../init/init-flags.ts'

/** `acksm init` */
export const initCommand = defineCommand({
  name: 'init',
  summary: 'Write a first SecretStore and ExternalSecret.',
  description:
    'Asks how the store signs in, which KMS secret to copy, and for names; then prints the manifests with comments. Each question has a flag.\n' +
    'Checks with your identity that the secret exists, without reading its value. If that fails, the manifests are printed all the same.',
  examples: [
    ['acksm init --out shop.yaml', 'answer questions'],
    ['acksm init --yes --secret shop/db --members username --members password', 'split a JSON secret into keys'],
    ['acksm init --yes --access worker-role --secret shop/db --offline | kubectl apply -f -', 'in a script'],
  ],
  flags: INIT_FLAGS,
  note: 'The check needs kms:DescribeSecret.',
  load: async () => (await import('../../init/run-init.ts')).runInit,
})
