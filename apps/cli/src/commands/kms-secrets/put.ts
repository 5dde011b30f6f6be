import { defineCommand } from '@ack-secret-manager/command-line'
import { PUT_FLAGS } from '../../put/put-flags.ts'

/** `acksm put` */
export const putCommand = defineCommand({
  name: 'put',
  summary: 'Store a new value of a secret.',
  description:
    'Stores a value as a new version, which becomes ACSCurrent. The value comes from stdin, a file or a hidden prompt, never from an ' +
    'argument, and is stored byte for byte. Text that is not UTF-8 is stored as binary. A secret that does not exist is created with --create, or after a question on a terminal.',
  examples: [
    ['acksm put app/db', 'type the value at a hidden prompt'],
    ['acksm put app/keystore --from-file keystore.p12', 'from a file'],
    ['openssl rand -hex 24 | acksm put app/token --trim-newline', 'from another program'],
    ['pass show app/db | acksm put app/db --create --tag team=shop --yes', 'in a script, also if it does not exist'],
  ],
  argument: {
    name: 'NAME',
    completes: 'secret',
    excessHint: 'the value comes from stdin or --from-file',
    help: 'Name of the secret. Managed secrets cannot be written: rotate them.',
  },
  flags: PUT_FLAGS,
  note: 'The identity needs kms:DescribeSecret, kms:ListSecretVersionIds and kms:PutSecretValue, and kms:CreateSecret to create.',
  load: async () => (await import('../../put/run-put.ts')).runPut,
})
