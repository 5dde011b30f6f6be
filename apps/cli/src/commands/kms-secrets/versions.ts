import { defineCommand } from '@ack-secret-manager/command-line'
import { VERSIONS_FLAGS } from '../../versions/versions-flags.ts'

/** `acksm versions` */
export const versionsCommand = defineCommand({
  name: 'versions',
  summary: 'List the versions of a secret.',
  description:
    'Lists the versions, newest first, with their stages: readers get ACSCurrent, `rollback` goes back to ACSPrevious.\n' +
    'KMS keeps 10 versions. Never reads a value.',
  examples: [
    ['acksm versions app/db', 'which version is current'],
    ['acksm versions app/db -o json', 'for a script'],
  ],
  argument: { name: 'NAME', completes: 'secret', help: 'Name of the secret.' },
  flags: VERSIONS_FLAGS,
  note: 'The identity needs kms:ListSecretVersionIds.',
  load: async () => (await import('../../versions/run-versions.ts')).runVersions,
})
