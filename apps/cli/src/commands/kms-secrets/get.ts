import { defineCommand } from '@ack-secret-manager/command-line'
import { GET_FLAGS } from '../../get/get-flags.ts'

/** `acksm get` */
export const getCommand = defineCommand({
  name: 'get',
  summary: 'Print one secret of KMS or OOS.',
  description:
    'Prints the value byte for byte; on a terminal with a line break. `-o json` prints the value and its metadata.',
  examples: [
    ['acksm get app/db --profile dev', 'as a profile of the aliyun CLI'],
    ['acksm get app/db --network vpc', 'in a pod or a VPC'],
    ['acksm get app/keystore > keystore.p12', 'a binary secret'],
    ['acksm get app/db --json-path db.password', 'one key of a JSON value'],
    ['acksm get app/db --field versionId', 'which version is current'],
    ['acksm get app/db --auth worker-role', 'as the RAM role of this ECS instance'],
    [
      'acksm get app/db --auth aap --endpoint kst-… --client-key key.json --client-key-password password.txt',
      'with a client key, from a KMS instance',
    ],
    ['acksm get app-db --provider oos', 'an encrypted parameter of OOS'],
    [
      `acksm get app/db --plugin-dir . --backend-package @example/backend-age-files --plugin-config '{"folder":"prod"}'`,
      'through a backend package',
    ],
  ],
  argument: {
    name: 'NAME',
    completes: 'secret',
    excessHint: 'for a version that is not current use --version-id',
    help: 'Name of the secret, or its ARN.',
  },
  flags: GET_FLAGS,
  load: async () => (await import('../../get/run-get.ts')).runGet,
})
