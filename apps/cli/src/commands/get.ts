import type { Flags } from '../flags/flag.ts'
import { KMS_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'
import { defineCommand } from './command.ts'

/** Flags of `acksm get`. */
export const GET_FLAGS = {
  field: {
    kind: 'text',
    default: 'value',
    choices: ['value', 'name', 'type', 'dataType', 'versionId', 'versionStages', 'rotation', 'requestId'],
    help: 'What to print.',
  },
  raw: { kind: 'switch', help: 'Print the bytes and nothing else, also to a terminal.' },
  'version-stage': { kind: 'text', value: 'STAGE', help: 'Stage of the version. Default: ACSCurrent.' },
  'version-id': { kind: 'text', value: 'ID', help: 'One version, whatever its stage.' },
  ...KMS_FLAGS,
  ...OUTPUT_FLAGS,
} as const satisfies Flags

/** `acksm get` */
export const getCommand = defineCommand({
  name: 'get',
  summary: 'Print one secret of KMS.',
  description:
    'Prints the value byte for byte; a terminal gets a line break after it. With `-o json` value and facts together.',
  examples: [
    ['acksm get app/db --endpoint kms.cn-hangzhou.aliyuncs.com', 'from outside a VPC'],
    ['acksm get app/keystore > keystore.p12', 'a binary secret'],
    ['acksm get app/db --field versionId', 'which version is current'],
  ],
  argument: { name: 'NAME', help: 'Name of the secret, or its ARN.' },
  flags: GET_FLAGS,
  load: async () => (await import('../get/run-get.ts')).runGet,
})
