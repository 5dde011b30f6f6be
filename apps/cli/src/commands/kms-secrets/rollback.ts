import { defineCommand } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS } from '../../manage/manage-flags.ts'

/** `acksm rollback` */
export const rollbackCommand = defineCommand({
  name: 'rollback',
  summary: 'Make the previous version of a secret the current one.',
  description: 'Moves ACSCurrent to the version that is ACSPrevious. A second rollback goes back to where it was.',
  examples: [
    ['acksm rollback app/db', 'after a question'],
    ['acksm rollback app/db --dry-run', 'print what would change'],
  ],
  argument: {
    name: 'NAME',
    completes: 'secret',
    excessHint: 'it goes back to ACSPrevious; for another version use acksm promote NAME VERSION_ID',
    help: 'Name of a Generic secret.',
  },
  flags: CHANGE_FLAGS,
  note: 'The identity needs kms:DescribeSecret, kms:ListSecretVersionIds and kms:UpdateSecretVersionStage.',
  load: async () => (await import('../../manage/run-small-changes.ts')).runRollback,
})
