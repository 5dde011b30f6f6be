import { defineCommand } from '@ack-secret-manager/command-line'
import { LIST_FLAGS } from '../../list/list-flags.ts'

/** `acksm list` */
export const listCommand = defineCommand({
  name: 'list',
  summary: 'List the secrets of KMS.',
  description:
    'Lists names, types, dates and planned deletions, sorted by name. Never reads a value.\n' +
    '`-o wide` and `-o json` also have tags and the next rotation, for which they describe each managed secret.',
  examples: [
    ['acksm list', 'all secrets of the region'],
    [`acksm list 'shop/*' --tag env=prod`, 'by name and tag'],
    [`acksm list -o name --deleted exclude 'shop/*' | xargs -n1 acksm versions`, 'for other commands'],
    ['acksm list --type Rds -o wide', 'managed secrets, with their next rotation'],
  ],
  argument: {
    name: 'PATTERN',
    help: 'Names: * matches any characters, also /, and ? one. Default: all.',
    isOptional: true,
  },
  flags: LIST_FLAGS,
  note: 'The identity needs kms:ListSecrets, and with -o wide or json kms:DescribeSecret for rotations.',
  load: async () => (await import('../../list/run-list.ts')).runList,
})
