import type { Flags } from '@ack-secret-manager/command-line'
import { LOG_LEVELS } from '../output/log.ts'

/** Flags of every command with results and logs. */
export const OUTPUT_FLAGS = {
  output: {
    kind: 'text',
    short: 'o',
    default: 'human',
    choices: ['human', 'json'],
    help: 'Output format of stdout. With json, exactly one document.',
  },
  'log-level': {
    kind: 'text',
    default: 'info',
    choices: LOG_LEVELS,
    help: 'Minimum level of messages on stderr.',
  },
} as const satisfies Flags

/** Flags of every command that reads from KMS. */
export const KMS_FLAGS = {
  region: { kind: 'text', value: 'REGION', default: 'cn-hangzhou', help: 'Region of stores that set none.' },
  endpoint: {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'KMS endpoint of stores that set neither an endpoint nor another region. Outside a VPC use kms.REGION.aliyuncs.com. Default: kms-vpc.REGION.aliyuncs.com.',
  },
  'allow-endpoint': {
    kind: 'list',
    value: 'HOST[:PORT]',
    help: 'Additional endpoint that manifests may name, with * for any characters within a label. May be repeated.',
  },
  'sts-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'STS endpoint for AssumeRole. Outside a VPC use sts.REGION.aliyuncs.com. Default: sts-vpc.REGION.aliyuncs.com.',
  },
  'oos-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'OOS endpoint of stores that set neither an endpoint nor another region. Outside a VPC use oos.REGION.aliyuncs.com. Default: oos-vpc.REGION.aliyuncs.com.',
  },
  'metadata-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'ECS metadata service. Default: 100.100.100.200.',
  },
  'enable-worker-role': {
    kind: 'switch',
    help: 'Let stores, and entries without a store, read with the RAM role of this ECS instance.',
  },
  auth: {
    kind: 'text',
    value: 'METHOD',
    choices: ['access-key', 'worker-role', 'rrsa'],
    help: 'Identity for stores that set none, if the environment configures several. Default: the configured one.',
  },
  timeout: {
    kind: 'duration',
    value: 'DURATION',
    default: '30s',
    max: '24h',
    help: 'Time limit. Transient failures are retried until then.',
  },
} as const satisfies Flags

/** Flags of every command that reads manifests. */
export const MANIFEST_FLAGS = {
  filename: {
    kind: 'files',
    short: 'f',
    value: 'FILE|DIR',
    required: true,
    help: 'Manifests: files, directories (their .yaml, .yml and .json files), or - for stdin.',
  },
  namespace: {
    kind: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'Namespace of manifests that set none. Default: default, with --kube the namespace of the context.',
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
    help: 'Additional directory for oidcTokenFilePath, besides /var/run/secrets. May be repeated.',
  },
  'backend-package': {
    kind: 'list',
    value: 'PACKAGE',
    help: 'Backend package that stores may name in spec.plugin. Runs with the permissions of this command. May be repeated.',
  },
  'plugin-dir': {
    kind: 'list',
    value: 'DIR',
    help: 'Directory with a node_modules that is searched first for backend packages. May be repeated.',
  },
} as const satisfies Flags
