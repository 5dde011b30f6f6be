import { defineCommand } from '@ack-secret-manager/command-line'
import { DELETE_FLAGS } from '../../manage/small-change-flags.ts'

/** `acksm delete` */
export const deleteCommand = defineCommand({
  name: 'delete',
  summary: 'Delete a secret in 30 days, or at once.',
  description:
    'Schedules the deletion of a secret. Nothing can read it any more, and `acksm restore` takes the deletion back until it is due.\n' +
    'With --force the secret is deleted at once, and cannot be restored.',
  examples: [
    ['acksm delete app/old', 'in 30 days'],
    ['acksm delete app/old --recovery-days 7 --yes', 'in a week, without a question'],
    ['acksm delete app/old --force', 'at once; asks for the name'],
  ],
  argument: { name: 'NAME', completes: 'secret', help: 'Name of a Generic secret.' },
  flags: DELETE_FLAGS,
  note: 'The identity needs kms:DescribeSecret, kms:ListSecretVersionIds and kms:DeleteSecret.',
  load: async () => (await import('../../manage/run-small-changes.ts')).runDelete,
})
