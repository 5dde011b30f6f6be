import { defineCommand } from '@ack-secret-manager/command-line'
import { EDIT_FLAGS } from '../../edit/edit-flags.ts'

/** `acksm edit` */
export const editCommand = defineCommand({
  name: 'edit',
  summary: 'Edit the value of a secret in an editor.',
  description:
    'Opens the current value in your editor, and stores the result as a new version after a question. The file is in a private directory ' +
    'in memory, and is overwritten and removed in the end. Nothing is written if the value is the same, or no JSON any more.',
  examples: [
    ['acksm edit app/db', 'in VISUAL or EDITOR'],
    ['acksm edit app/db --editor "code --wait"', 'in another editor'],
    [`acksm edit app/db --editor "sed -i s/old-host/new-host/" --yes`, 'in a script'],
  ],
  argument: { name: 'NAME', help: 'Name of a Generic secret with a text.' },
  flags: EDIT_FLAGS,
  note:
    'A line break that the editor adds at the end is removed again. Swap, undo and backup files that an editor keeps in other ' +
    'directories hold the value: switch them off. The identity needs kms:GetSecretValue and the permissions of `acksm put`.',
  load: async () => (await import('../../edit/run-edit.ts')).runEdit,
})
