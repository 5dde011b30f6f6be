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
    help: 'KMS endpoint of stores that name neither an endpoint nor another region. Outside a VPC give kms.REGION.aliyuncs.com. Default: kms-vpc.REGION.aliyuncs.com.',
  },
  'allow-endpoint': {
    kind: 'list',
    value: 'HOST[:PORT]',
    help: 'Further endpoint that manifests may name, * within a label. May be repeated.',
  },
  'sts-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'Where roles are taken. Outside a VPC give sts.REGION.aliyuncs.com. Default: sts-vpc.REGION.aliyuncs.com.',
  },
  'oos-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'OOS endpoint of stores that name neither an endpoint nor another region. Outside a VPC give oos.REGION.aliyuncs.com. Default: oos-vpc.REGION.aliyuncs.com.',
  },
  'metadata-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'ECS metadata service. Default: 100.100.100.200.',
  },
  'enable-worker-role': {
    kind: 'switch',
    help: 'Let stores, and whatever has no store, read as the RAM role of the ECS instance that this runs on.',
  },
  auth: {
    kind: 'text',
    value: 'WAY',
    choices: ['access-key', 'worker-role', 'rrsa'],
    help: 'Identity where no store gives one, if the environment configures several. Default: the one that it configures.',
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
  'allow-token-path': {
    kind: 'list',
    value: 'DIR',
    help: 'Directory beside /var/run/secrets that oidcTokenFilePath may name. May be repeated.',
  },
  'backend-package': {
    kind: 'list',
    value: 'PACKAGE',
    help: 'Backend package that stores may name in spec.plugin. Runs with the rights of this command. May be repeated.',
  },
  'plugin-dir': {
    kind: 'list',
    value: 'DIR',
    help: 'Directory with a node_modules in which backend packages are looked for first. May be repeated.',
  },
} as const satisfies Flags
