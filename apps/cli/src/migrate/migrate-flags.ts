import type { Flags } from '../flags/flag.ts'
import { MANIFEST_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm migrate`. */
export const MIGRATE_FLAGS = {
  filename: MANIFEST_FLAGS.filename,
  from: {
    kind: 'text',
    value: 'WHAT',
    choices: ['external-secrets', 'ack-secret-manager'],
    help: 'Whose resources to look at; those of the other pass through. Default: both, told by their apiVersion.',
  },
  out: {
    kind: 'text',
    value: 'DIR',
    default: '-',
    help: 'Write files of the same names into DIR, which must be new or empty. With - print to stdout.',
  },
  adopt: {
    kind: 'switch',
    help: 'Ask for the Secrets that are there already, by the annotation alibabacloud.com/adopt.',
  },
  endpoint: {
    kind: 'text',
    value: 'HOST[:PORT]',
    default: 'kms.{region}.aliyuncs.com',
    help: 'KMS endpoint of stores that come from External Secrets Operator, {region} being theirs. In a VPC take kms-vpc.{region}.aliyuncs.com.',
  },
  ...OUTPUT_FLAGS,
} as const satisfies Flags
