import type { Flags } from '@ack-secret-manager/command-line'
import { CLOUD_FLAGS, KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm get`. */
export const GET_FLAGS = {
  field: {
    kind: 'text',
    value: 'FIELD',
    default: 'value',
    choices: ['value', 'name', 'type', 'dataType', 'versionId', 'versionStages', 'rotation', 'requestId'],
    help: 'What to print.',
  },
  'json-path': {
    kind: 'text',
    value: 'EXPRESSION',
    help: 'Print what this JMESPath selects in a JSON or YAML value: db.password. Unlike in jmesPath of an ExternalSecret, a key such as db-password needs no quotes.',
  },
  raw: { kind: 'switch', help: 'Print only the bytes, even on a terminal.' },
  'version-stage': { kind: 'text', value: 'STAGE', help: 'Stage of the version. Default: ACSCurrent.' },
  'version-id': { kind: 'text', variable: false, value: 'ID', help: 'Version, regardless of its stage.' },
  provider: { kind: 'text', default: 'kms', choices: ['kms', 'oos'], help: 'Service that holds the secret.' },
  ...CLOUD_FLAGS,
  'oos-endpoint': {
    ...KMS_FLAGS['oos-endpoint'],
    help: 'With --provider oos: endpoint of OOS. Default: that of region and network.',
  },
  'enable-worker-role': {
    ...KMS_FLAGS['enable-worker-role'],
    help: 'Use the RAM role of this ECS instance if the variables configure no other identity.',
  },
  auth: {
    kind: 'text',
    value: 'METHOD',
    choices: ['default', 'profile', 'access-key', 'rrsa', 'worker-role', 'aap'],
    help: 'Identity: default is the default chain of Alibaba Cloud, profile the current profile; aap a client key of a KMS instance; the others are read from variables. Default: the identity of the variables, or else the default chain.',
  },
  'client-key': { kind: 'text', value: 'FILE', help: 'With --auth aap: the client key file from KMS.' },
  'client-key-password': { kind: 'text', value: 'FILE', help: 'With --auth aap: the file with its password.' },
  'instance-ca': {
    kind: 'text',
    value: 'FILE',
    help: 'With --auth aap: CA of the instance, PEM. Default: the CA of the region.',
  },
  'backend-package': {
    kind: 'text',
    value: 'PACKAGE',
    help: 'Read through this backend package instead. It runs with the permissions of this command and gets its credentials from the environment.',
  },
  'plugin-config': {
    kind: 'text',
    value: 'JSON',
    help: 'With --backend-package: its configuration, as in spec.plugin.config of a store. Default: {}.',
  },
  'plugin-dir': MANIFEST_FLAGS['plugin-dir'],
  ...OUTPUT_FLAGS,
} as const satisfies Flags
