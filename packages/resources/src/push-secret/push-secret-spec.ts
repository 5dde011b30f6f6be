import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'
import { storeRef } from '../external-secret/store-ref-spec.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { atLeast, interval, intervalRules, line, objectName, secretKey } from '../schema/text.ts'

/** Alibaba Cloud KMS API reference, CreateSecret. */
const KMS_NAME = /^[A-Za-z0-9_/+=.@-]{1,192}$/
/** A stage that KMS does not keep for itself. */
const KMS_STAGE = /^[A-Za-z0-9_/+=.@-]{1,64}$/

const NAME_EXPECTED = 'expected 1 to 192 letters, digits and _/+=.-@, and no ARN'
const STAGE_EXPECTED = 'expected 1 to 64 letters, digits and _/+=.-@'
const RESERVED_NAME = 'names that begin with acs/ belong to managed secrets of Alibaba Cloud'
const RESERVED_STAGE = 'stages that begin with ACS belong to KMS, which moves ACSCurrent to each new version'
const TOO_OFTEN = 'expected at least 1m'

/** Whether a text is a template, which is checked once it is rendered. */
function isTemplate(text: string): boolean {
  return text.includes('{{')
}

/** Why KMS does not take a name for a secret of a user; undefined if it does. */
export function whyNotPushName(name: string): string | undefined {
  if (name.startsWith('acs/')) return RESERVED_NAME
  return KMS_NAME.test(name) ? undefined : NAME_EXPECTED
}

/** Why KMS does not take a stage of a user; undefined if it does. */
export function whyNotPushStage(stage: string): string | undefined {
  if (stage.startsWith('ACS')) return RESERVED_STAGE
  return KMS_STAGE.test(stage) ? undefined : STAGE_EXPECTED
}

/** A literal text is checked by `why`. */
function literal(maxCharacters: number, why: (text: string) => string | undefined) {
  return line(maxCharacters).superRefine((text, context) => {
    const message = isTemplate(text) ? undefined : why(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: text })
  })
}

const selectorSchema = z
  .strictObject({
    name: field(objectName(), {
      description: 'Name of the Secret, in the namespace of the PushSecret.',
      example: 'web-credentials',
    }),
    keys: field(z.array(secretKey()).max(LIMITS.pushKeys).readonly().default([]), {
      description: 'Keys of the Secret that may be pushed. A missing key fails the entries that need it.',
      default: 'all keys',
      example: ['username', 'password'],
    }),
  })
  .readonly()

const entrySchema = z
  .strictObject({
    key: field(literal(LIMITS.kmsSecretName, whyNotPushName), {
      description:
        'Name of the KMS secret; a Go template that sees `.namespace`, `.name`, `.secret` and `.secretKey`, and no value.',
      example: 'shop/{{ .name }}',
      invalidExample: { key: 'acs/rds/main' },
      rules: [
        { rule: "self.contains('{{') || !self.startsWith('acs/')", message: RESERVED_NAME },
        { rule: "self.contains('{{') || self.matches('^[A-Za-z0-9_/+=.@-]{1,192}$')", message: NAME_EXPECTED },
      ],
    }),
    secretKey: field(secretKey().exactOptional(), {
      description: 'Key of the Secret whose value is pushed.',
      default: 'all selected keys, as one JSON object',
      example: 'password',
    }),
    versionStages: field(
      z.array(literal(LIMITS.kmsSecretName, whyNotPushStage)).max(LIMITS.pushStages).readonly().default([]),
      {
        description: 'Stages, besides `ACSCurrent`, that move to each pushed version; Go templates like `key`.',
        default: 'none',
        example: ['from-{{ .namespace }}'],
      },
    ),
  })
  .readonly()

/** Spec of a PushSecret, strict: expects absent fields where the API allows empty ones, see `parsePushSecret`. */
export const pushSecretSpecSchema = field(
  z
    .strictObject({
      secretStoreRef: field(storeRef('PushSecret'), {
        description: 'Store to write to. It must be in KMS with a RAM identity, and allow the write in `allowPush`.',
        example: { name: 'kms' },
      }),
      selector: field(selectorSchema, { description: 'The Secret to push.' }),
      data: field(z.array(entrySchema).min(1).max(LIMITS.pushEntries).readonly(), {
        description: 'The KMS secrets to write.',
      }),
      updatePolicy: field(z.enum(['Replace', 'IfNotExists']).default('Replace'), {
        description:
          '`Replace` keeps each KMS secret equal to the Secret. `IfNotExists` creates it, and leaves an existing one as it is.',
        default: 'Replace',
        example: 'IfNotExists',
      }),
      deletionPolicy: field(z.enum(['None', 'Delete']).default('None'), {
        description:
          'Whether a KMS secret is scheduled for deletion with its entry or the PushSecret. Never because the Secret is missing.',
        default: 'None',
        example: 'Delete',
      }),
      recoveryWindowInDays: field(z.int().min(LIMITS.minRecoveryDays).max(LIMITS.maxRecoveryDays).default(30), {
        description: 'Days in which a deleted KMS secret can be restored.',
        default: '30',
        example: 7,
        format: 'int32',
      }),
      refreshInterval: field(
        interval()
          .refine((value) => (parseDuration(value) ?? 0) >= LIMITS.minPushIntervalMs, { error: TOO_OFTEN })
          .exactOptional(),
        {
          description:
            'How often KMS is compared with the Secret, 1m to 8760h. Changes of the Secret are pushed at once.',
          default: '1h',
          example: '30m',
          rules: [...intervalRules, atLeast('1m')],
        },
      ),
    })
    .readonly(),
  { description: 'Which Secret to push, and where to.' },
)

/** Spec of a PushSecret with its defaults filled in. */
export type PushSecretSpec = z.output<typeof pushSecretSpecSchema>
/** One entry of `spec.data`. */
export type PushEntry = PushSecretSpec['data'][number]
