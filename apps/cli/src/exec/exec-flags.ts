import type { Flags } from '@ack-secret-manager/command-line'
import { KMS_FLAGS, MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm exec`. */
export const EXEC_FLAGS = {
  ...MANIFEST_FLAGS,
  namespace: { ...MANIFEST_FLAGS.namespace, help: 'Namespace of manifests that set none. Default: default.' },
  filename: {
    kind: 'files',
    short: 'f',
    value: 'FILE|DIR',
    help: 'Manifests: files, directories (their .yaml, .yml and .json files), or - for stdin. Required without --get and --all.',
  },
  secret: {
    kind: 'list',
    value: '[NAMESPACE/]NAME',
    help: 'With -f: only this Secret of the manifests; others are not read. May be repeated. Default: all.',
  },
  get: {
    kind: 'list',
    value: 'NAME=SECRET[#PATH]',
    completes: 'named-secret',
    help: 'Variable NAME with the value of a KMS secret, or the part of its JSON document that PATH selects: a key, or a JMESPath. May be repeated.',
  },
  all: {
    kind: 'list',
    value: '[PREFIX=]SECRET',
    completes: 'prefixed-secret',
    help: 'Each key of the JSON document in a KMS secret, with the text PREFIX before it, such as DB_=app/db. May be repeated.',
  },
  prefix: {
    kind: 'text',
    value: 'TEXT',
    help: 'With --all: text before each key of secrets without a PREFIX of their own.',
  },
  files: {
    kind: 'text',
    value: 'DIR|auto',
    help: 'Files instead of variables, in a new private directory that is removed afterwards; auto: in memory. ACKSM_FILES_DIR is its path.',
  },
  watch: {
    kind: 'text',
    variable: false,
    short: 'w',
    value: 'restart|signal=NAME',
    help: 'Follow rotation: restart the program once for each change, or, with --files, send it a signal: HUP, USR1, USR2, WINCH or CONT.',
  },
  'polling-interval': {
    kind: 'duration',
    value: 'DURATION',
    max: '24h',
    help: 'With --watch: default refresh interval, used when spec.rotationInterval is not set. Default: 120s.',
  },
  'stop-timeout': {
    kind: 'duration',
    value: 'DURATION',
    max: '1h',
    help: 'With --watch restart: time after SIGTERM until SIGKILL. Default: 10s.',
  },
  names: {
    kind: 'text',
    choices: ['keep', 'upper'],
    help: 'Names of variables: the keys unchanged, or in upper case with _ for other characters. Default: keep.',
  },
  'skip-invalid-names': { kind: 'switch', help: 'Leave out keys that are not names of variables, instead of failing.' },
  'allow-env': {
    kind: 'list',
    value: 'NAME',
    help: 'Let a secret set this variable, although it decides how programs are run, such as PATH or NODE_OPTIONS. May be repeated.',
  },
  'keep-credentials': {
    kind: 'switch',
    help: 'Give the program also the identity of acksm: ALIBABA_CLOUD_ACCESS_KEY_ID and the other variables of an identity.',
  },
  pristine: { kind: 'switch', help: 'Give the program only values of secrets, and no other variable, not even PATH.' },
  ...KMS_FLAGS,
  'log-level': OUTPUT_FLAGS['log-level'],
} as const satisfies Flags
