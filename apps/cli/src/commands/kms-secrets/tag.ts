import { defineCommand } from '@ack-secret-manager/command-line'
import { TAG_FLAGS } from '../../tag/tag-flags.ts'

/** `acksm tag` */
export const tagCommand = defineCommand({
  name: 'tag',
  summary: 'Change the tags and the description of a secret.',
  description:
    'Adds, changes and removes tags of a secret, also of a managed one. Other tags, the value and its versions stay as they are.\n' +
    'Without --overwrite, a tag that has another value is an error, and nothing is changed. Never reads a value.',
  examples: [
    ['acksm tag app/db team=shop env=prod', 'add tags'],
    ['acksm tag app/db env=test --overwrite', 'change the value of a tag'],
    ['acksm tag app/db env-', 'remove a tag'],
    ['acksm tag app/db --description "Database of the shop"', 'change the description'],
  ],
  argument: { name: 'NAME', completes: 'secret', help: 'Name of the secret.' },
  more: { name: 'TAG', help: 'KEY=VALUE sets a tag, KEY- removes it.' },
  flags: TAG_FLAGS,
  note: 'The identity needs kms:DescribeSecret, and kms:TagResource, kms:UntagResource or kms:UpdateSecret for what is changed.',
  load: async () => (await import('../../tag/run-tag.ts')).runTag,
})
