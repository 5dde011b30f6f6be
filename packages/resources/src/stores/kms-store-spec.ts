import { z } from 'zod'
import { secretKeyRef, type StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { ramAuth } from './ram-auth-spec.ts'
import { hostAndPort, regionId, text } from '../schema/text.ts'

function dedicatedKmsAuth(scope: StoreScope) {
  const schema = z
    .strictObject({
      protocol: field(z.enum(['https']), { description: 'Protocol of the endpoint.', example: 'https' }),
      endpoint: field(hostAndPort(), {
        description: 'Id of the KMS instance, or its whole host name; must be among the allowed endpoints.',
        example: 'kst-hzz123456789',
      }),
      ca: field(
        text(LIMITS.certificates)
          .regex(/^[a-zA-Z0-9+/=\s]+$/, { error: 'expected PEM certificates in base64' })
          .exactOptional(),
        {
          description: 'CA of the instance: PEM certificates in base64.',
          default: 'the CA of the region',
          example: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==',
        },
      ),
      ignoreSSL: field(z.boolean().default(false), {
        description: 'Takes any certificate. Whoever is in between can then read every secret.',
        default: 'false',
        example: false,
      }),
      clientKeyContent: secretKeyRef(
        scope,
        'Where the client key of an application access point lies; goes together with `password`. Without one the store reads as `KMSAuth`, which must then be there.',
        'clientkey.json',
      ),
      password: secretKeyRef(scope, 'Where the password of the client key lies.', 'password'),
    })
    .readonly()
    .superRefine((dedicated, context) => {
      for (const [here, other] of [
        ['clientKeyContent', 'password'],
        ['password', 'clientKeyContent'],
      ] as const) {
        if (dedicated[here] !== undefined || dedicated[other] === undefined) continue
        context.addIssue({ code: 'custom', path: [here], message: `required together with ${other}, but missing` })
      }
    })
    .exactOptional()
  return field(schema, {
    description: 'The endpoint of a KMS instance, and the client key to read with there.',
    default: 'none: the KMS of the region is read',
    rules: [
      {
        rule: 'has(self.clientKeyContent) == has(self.password)',
        message: 'clientKeyContent and password are required together',
      },
    ],
  })
}

/** A store in KMS. */
export function kmsStore(scope: StoreScope) {
  const schema = z
    .strictObject({
      region: field(regionId().exactOptional(), {
        description: 'Region of the KMS.',
        default: 'the operator’s `--region`',
        example: 'cn-hangzhou',
      }),
      endpoint: field(hostAndPort().exactOptional(), {
        description: 'Endpoint of the KMS; must be among the allowed endpoints.',
        default: 'kms-vpc.{region}.aliyuncs.com',
        example: 'kms.cn-hangzhou.aliyuncs.com',
      }),
      KMSAuth: ramAuth(scope),
      dedicatedKMSAuth: dedicatedKmsAuth(scope),
    })
    .superRefine(checkKmsStore)
    .transform(({ KMSAuth, ...kms }) => Object.freeze({ ...kms, ...(KMSAuth === undefined ? {} : { KMSAuth }) }))
    .exactOptional()
  return field(schema, {
    description: 'Alibaba Cloud KMS. `{}` is legal: default region and endpoint, the operator’s own identity.',
    default: 'none; then `OOS` or `plugin` must be there',
    example: {},
    rules: [
      {
        rule: '!has(self.dedicatedKMSAuth) || !has(self.dedicatedKMSAuth.clientKeyContent) || !has(self.KMSAuth)',
        message: 'more than one identity: keep KMSAuth or the client key of dedicatedKMSAuth',
      },
      {
        rule: '!has(self.dedicatedKMSAuth) || has(self.dedicatedKMSAuth.clientKeyContent) || has(self.KMSAuth)',
        message: 'dedicatedKMSAuth.clientKeyContent is required, or KMSAuth to read with a RAM identity',
      },
      {
        rule: "!has(self.dedicatedKMSAuth) || !has(self.endpoint) || self.endpoint == ''",
        message: 'more than one endpoint: dedicatedKMSAuth.endpoint names the endpoint',
      },
    ],
  })
}

interface Parts {
  readonly endpoint?: string
  readonly KMSAuth?: unknown
  readonly dedicatedKMSAuth?: { readonly clientKeyContent?: unknown }
}

function checkKmsStore(kms: Parts, context: z.RefinementCtx): void {
  const { dedicatedKMSAuth: dedicated } = kms
  if (dedicated === undefined) return
  const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message })
  // An empty `KMSAuth` asks for the operator's identity in so many words.
  const hasAuth = Object.hasOwn(kms, 'KMSAuth')
  const hasKey = dedicated.clientKeyContent !== undefined
  if (hasKey && hasAuth) refuse(['KMSAuth'], 'names another identity than dedicatedKMSAuth: keep one of them')
  if (!hasKey && !hasAuth) {
    refuse(
      ['dedicatedKMSAuth', 'clientKeyContent'],
      'required, but missing; to read with a RAM identity instead, give KMSAuth',
    )
  }
  if (kms.endpoint !== undefined) refuse(['endpoint'], 'names another endpoint than dedicatedKMSAuth: keep one of them')
}

/** A store in KMS. */
export type KmsStore = NonNullable<z.output<ReturnType<typeof kmsStore>>>
/** The endpoint of a KMS instance, and the client key to read with there. */
export type DedicatedKmsAuth = NonNullable<KmsStore['dedicatedKMSAuth']>
