import { defineCommand } from '@ack-secret-manager/command-line'
import { CHANGE_FLAGS } from '../../manage/manage-flags.ts'

/** `acksm restore` */
export const restoreCommand = defineCommand({
  name: 'restore',
  summary: 'Take back the deletion of a secret.',
  description: 'Restores a secret that is scheduled for deletion, with all its versions.',
  examples: [
    ['acksm list --deleted only', 'which secrets can be restored'],
    ['acksm restore app/old', 'after a question'],
  ],
  argument: { name: 'NAME', completes: 'secret', help: 'Name of a Generic secret.' },
  flags: CHANGE_FLAGS,
  note: 'The identity needs kms:DescribeSecret and kms:RestoreSecret.',
  load: async () => (await import('../../manage/run-small-changes.ts')).runRestore,
})
