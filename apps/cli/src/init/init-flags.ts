import type { Flags } from '@ack-secret-manager/command-line'
import { CLOUD_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'
import { ACCESS_METHODS } from './access-methods.ts'

/** Flags of `acksm init`. Those of the questions come first. */
export const INIT_FLAGS = {
  access: {
    kind: 'text',
    choices: ACCESS_METHODS,
    value: 'METHOD',
    help: 'How the store signs in at KMS. Default: access-key.',
  },
  store: { kind: 'name', value: 'NAME', help: 'Name of the SecretStore. Default: kms.' },
  name: { kind: 'name', value: 'NAME', help: 'Name of the ExternalSecret and of its Secret. Default: from --secret.' },
  namespace: { kind: 'namespace', short: 'n', value: 'NAME', help: 'Namespace of both. Default: default.' },
  secret: {
    kind: 'text',
    completes: 'secret',
    value: 'NAME',
    help: 'KMS secret, such as shop/db. Required with --yes.',
  },
  members: {
    kind: 'list',
    value: 'MEMBER',
    help: 'For a JSON secret: one of its members, which becomes a key. May be repeated. Default: one key with the whole value.',
  },
  key: {
    kind: 'text',
    value: 'KEY',
    help: 'Without --members: key of the whole value. Default: the last part of --secret.',
  },
  'credentials-secret': {
    kind: 'name',
    value: 'NAME',
    help: 'With access-key, assume-role or client-key: name of the Kubernetes Secret with the credential. Default: kms-credentials.',
  },
  'role-arn': { kind: 'text', value: 'ARN', help: 'With assume-role or rrsa: ARN of the RAM role.' },
  'oidc-provider-arn': { kind: 'text', value: 'ARN', help: 'With rrsa: ARN of the OIDC provider of the cluster.' },
  'service-account': {
    kind: 'name',
    value: 'NAME',
    help: 'With rrsa: ServiceAccount that the trust policy of the role names. Default: that of --name.',
  },
  instance: { kind: 'endpoint', value: 'ID', help: 'With client-key: id or host of the KMS instance, such as kst-….' },
  yes: { kind: 'switch', variable: false, short: 'y', help: 'Ask nothing: use flags and defaults.' },
  out: { kind: 'text', value: 'FILE', help: 'Write to this file. Default: stdout.' },
  force: { kind: 'switch', variable: false, help: 'With --out: replace an existing file.' },
  offline: { kind: 'switch', help: 'Do not check identity and secret at KMS.' },
  ...CLOUD_FLAGS,
  region: { ...CLOUD_FLAGS.region, help: 'Region of the store. Default: ALIBABA_CLOUD_REGION_ID, or cn-hangzhou.' },
  endpoint: { ...CLOUD_FLAGS.endpoint, help: 'KMS endpoint of the check. Default: that of region and network.' },
  timeout: { ...CLOUD_FLAGS.timeout, default: '10s', help: 'Time limit of the check.' },
  'log-level': OUTPUT_FLAGS['log-level'],
} as const satisfies Flags
