import type { Flags } from '../flags/flag.ts'
import { KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

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
  provider: { kind: 'text', default: 'kms', choices: ['kms', 'oos'], help: 'Where the secret is kept.' },
  ...KMS_FLAGS,
  auth: {
    kind: 'text',
    value: 'WAY',
    choices: ['access-key', 'worker-role', 'rrsa', 'aap'],
    help: 'Whom to read as. aap is a client key, at the endpoint of a KMS instance. Default: what the environment configures.',
  },
  'client-key': { kind: 'text', value: 'FILE', help: 'With --auth aap: the client key, as KMS gave it.' },
  'client-key-password': { kind: 'text', value: 'FILE', help: 'With --auth aap: the file with its password.' },
  'instance-ca': {
    kind: 'text',
    value: 'FILE',
    help: 'With --auth aap: CA of the instance, PEM. Default: the one of the region.',
  },
  'backend-package': {
    kind: 'text',
    value: 'PACKAGE',
    help: 'Read through this backend package instead. Runs with the rights of this command; its credentials are in the environment.',
  },
  'plugin-config': {
    kind: 'text',
    value: 'JSON',
    help: 'With --backend-package: what spec.plugin.config of a store would say. Default: {}.',
  },
  'plugin-dir': MANIFEST_FLAGS['plugin-dir'],
  ...OUTPUT_FLAGS,
} as const satisfies Flags
