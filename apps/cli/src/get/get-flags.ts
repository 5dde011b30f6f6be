import type { Flags } from '../flags/flag.ts'
import { KMS_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm get`. */
export const GET_FLAGS = {
  field: {
    kind: 'text',
    value: 'FIELD',
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
