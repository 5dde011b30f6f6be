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

/** Flags of every command that calls KMS: where it is, and with which identity. */
export const CLOUD_FLAGS = {
  region: {
    kind: 'region',
    value: 'REGION',
    help: 'Region. Default: ALIBABA_CLOUD_REGION_ID, or that of the profile, or cn-hangzhou.',
  },
  network: {
    kind: 'text',
    default: 'public',
    choices: ['public', 'vpc'],
    help: 'Network of the default endpoints: public (kms.REGION.aliyuncs.com), or vpc (kms-vpc.REGION.aliyuncs.com) inside a VPC of the region.',
  },
  endpoint: { kind: 'endpoint', value: 'HOST[:PORT]', help: 'KMS endpoint. Default: that of region and network.' },
  'sts-endpoint': {
    kind: 'endpoint',
    value: 'HOST[:PORT]',
    help: 'STS endpoint for roles. Default: that of region and network.',
  },
  'metadata-endpoint': {
    kind: 'text',
    value: 'HOST[:PORT]',
    help: 'ECS metadata service. Default: 100.100.100.200.',
  },
  profile: {
    kind: 'text',
    value: 'NAME',
    completes: 'profile',
    help: 'Use the identity and region of this profile, of ~/.aliyun/config.json or ~/.alibabacloud/credentials.',
  },
  auth: {
    kind: 'text',
    value: 'METHOD',
    choices: ['default', 'profile', 'access-key', 'rrsa', 'worker-role'],
    help: 'Identity: default is the default chain of Alibaba Cloud, profile the current profile; the others are read from variables. Default: the identity of the variables, or else the default chain.',
  },
  timeout: {
    kind: 'duration',
    value: 'DURATION',
    default: '30s',
    max: '24h',
    help: 'Time limit. Transient failures are retried until then.',
  },
} as const satisfies Flags

/** Flags of every command that reads through stores. */
export const KMS_FLAGS = {
  ...CLOUD_FLAGS,
  region: {
    ...CLOUD_FLAGS.region,
    help: 'Region of stores that set none. Default: ALIBABA_CLOUD_REGION_ID, or that of the profile, or cn-hangzhou.',
  },
  endpoint: {
    ...CLOUD_FLAGS.endpoint,
    help: 'KMS endpoint of stores that set neither an endpoint nor another region. Default: that of region and network.',
  },
  'oos-endpoint': {
    kind: 'endpoint',
    value: 'HOST[:PORT]',
    help: 'OOS endpoint of stores that set neither an endpoint nor another region. Default: that of region and network.',
  },
  'allow-endpoint': {
    kind: 'list',
    value: 'HOST[:PORT]',
    help: 'Additional endpoint that manifests may name, with * for any characters within a label. May be repeated.',
  },
  'enable-worker-role': {
    kind: 'switch',
    help: 'Let stores, and entries without a store, read with the RAM role of this ECS instance.',
  },
} as const satisfies Flags

/** Flags of every command that generates values. */
export const GENERATE_FLAGS = {
  'registry-endpoint': {
    kind: 'endpoint',
    value: 'HOST[:PORT]',
    help: 'Container Registry endpoint for tokens of instances that set no other region. Default: that of region and network.',
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
  recursive: {
    kind: 'switch',
    short: 'R',
    help: 'Also read the directories below those of -f, except names that begin with a dot.',
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
