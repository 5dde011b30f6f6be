import { defineCommand } from '@ack-secret-manager/command-line'
import { ROTATE_FLAGS } from '../../manage/small-change-flags.ts'

/** `acksm rotate` */
export const rotateCommand = defineCommand({
  name: 'rotate',
  summary: 'Let KMS rotate a managed secret now.',
  description:
    'KMS makes new credentials for a managed secret (Rds, RAMCredentials, ECS, PolarDB, Redis), which become ACSCurrent.\n' +
    'For a Generic secret use `acksm put`. KMS allows 50 rotations an hour.',
  examples: [
    ['acksm rotate acs/rds/shop', 'after a question'],
    ['acksm rotate acs/rds/shop --version-id 2026-11-29 --yes', 'once a day, also if the job runs twice'],
  ],
  argument: { name: 'NAME', completes: 'secret', help: 'Name of a managed secret.' },
  flags: ROTATE_FLAGS,
  note: 'The identity needs kms:DescribeSecret, kms:ListSecretVersionIds and kms:RotateSecret.',
  load: async () => (await import('../../manage/run-small-changes.ts')).runRotate,
})
