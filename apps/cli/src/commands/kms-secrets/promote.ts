import { defineCommand } from '@ack-secret-manager/command-line'
import { PROMOTE_FLAGS } from '../../manage/small-change-flags.ts'

/** `acksm promote` */
export const promoteCommand = defineCommand({
  name: 'promote',
  summary: 'Make a version of a secret the current one.',
  description: 'Moves ACSCurrent to another version. The version that was current becomes ACSPrevious.',
  examples: [['acksm promote app/db v2', 'a version from `acksm versions app/db`']],
  argument: { name: 'NAME', completes: 'secret', help: 'Name of a Generic secret.' },
  more: { name: 'VERSION_ID', isSingle: true, help: 'The version that becomes ACSCurrent.' },
  flags: PROMOTE_FLAGS,
  note: 'The identity needs kms:DescribeSecret, kms:ListSecretVersionIds and kms:UpdateSecretVersionStage.',
  load: async () => (await import('../../manage/run-small-changes.ts')).runPromote,
})
