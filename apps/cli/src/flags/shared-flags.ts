import { LOG_LEVELS } from '../output/log.ts'
import type { Flags } from './flag.ts'

/** Flags of every command that has something to tell. */
export const OUTPUT_FLAGS = {
  output: {
    kind: 'text',
    short: 'o',
    default: 'human',
    choices: ['human', 'json'],
    help: 'Shape of what goes to stdout. With json that is exactly one document.',
  },
  'log-level': {
    kind: 'text',
    default: 'info',
    choices: LOG_LEVELS,
    help: 'The least level that is told on stderr.',
  },
} as const satisfies Flags

/** Flags of every command that reads from KMS. */
export const KMS_FLAGS = {
  region: { kind: 'text', value: 'REGION', default: 'cn-hangzhou', help: 'Region of stores that name none.' },
  endpoint: {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'KMS endpoint of stores that name none. Outside a VPC give kms.REGION.aliyuncs.com. Default: kms-vpc.REGION.aliyuncs.com.',
  },
  'allow-endpoint': {
    kind: 'list',
    value: 'HOST[:PORT]',
    help: 'Further endpoint that manifests may name, * within a label. May be repeated.',
  },
  auth: {
    kind: 'text',
    default: 'access-key',
    choices: ['access-key'],
    notYet: ['worker-role', 'rrsa', 'aap'],
    help: 'Identity where no store gives one: an AccessKey in ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.',
  },
  timeout: {
    kind: 'duration',
    default: '30s',
    help: 'When to give up; failures that may pass are tried again until then.',
  },
} as const satisfies Flags

/** Flags of every command that reads manifests. */
export const MANIFEST_FLAGS = {
  filename: {
    kind: 'paths',
    short: 'f',
    value: 'FILE|DIR',
    required: true,
    help: 'Manifests: files, directories (their .yaml, .yml and .json files), or - for stdin.',
  },
  namespace: {
    kind: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'Namespace of manifests that name none. Default: default, with --kube the one of the context.',
  },
  'enable-cross-namespace-secret-store': {
    kind: 'switch',
    help: 'Let a resource name a SecretStore of another namespace.',
  },
  'enable-cross-namespace-auth-ref': {
    kind: 'switch',
    help: 'Let a SecretStore name a credential of another namespace.',
  },
} as const satisfies Flags
