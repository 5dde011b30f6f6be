import type { Flags } from '@ack-secret-manager/command-line'
import { MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm migrate`. */
export const MIGRATE_FLAGS = {
  filename: MANIFEST_FLAGS.filename,
  recursive: MANIFEST_FLAGS.recursive,
  from: {
    kind: 'text',
    value: 'WHAT',
    choices: ['external-secrets', 'ack-secret-manager'],
    help: 'Operator whose resources are migrated; others are left unchanged. Default: both, detected by apiVersion.',
  },
  out: {
    kind: 'text',
    value: 'DIR',
    default: '-',
    help: 'Write files with the same names into DIR, which must be new or empty. With - print to stdout.',
  },
  adopt: {
    kind: 'switch',
    help: 'Adopt existing Secrets: add the annotation alibabacloud.com/adopt.',
  },
  endpoint: {
    kind: 'text',
    value: 'HOST[:PORT]',
    default: 'kms.{region}.aliyuncs.com',
    help: 'KMS endpoint of stores of External Secrets Operator; {region} is replaced. In a VPC use kms-vpc.{region}.aliyuncs.com.',
  },
  ...OUTPUT_FLAGS,
} as const satisfies Flags
