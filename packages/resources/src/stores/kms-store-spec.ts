import { defined } from '@ack-secret-manager/core'
import { z } from 'zod'
import { secretKeyRef, type StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { ramAuth } from './ram-auth-spec.ts'
import type { ServiceDefinition, StoreService } from './store-service.ts'
import { hostAndPort, regionId, text } from '../schema/text.ts'

function dedicatedKmsAuth(scope: StoreScope) {
  const schema = z
    .strictObject({
      protocol: field(z.enum(['https']), { description: 'Protocol of the endpoint.', example: 'https' }),
      endpoint: field(hostAndPort(), {
        description: 'Id or host name of the KMS instance; must be an allowed endpoint.',
        example: 'kst-hzz123456789',
      }),
      ca: field(
        text(LIMITS.certificates)
          .regex(/^[a-zA-Z0-9+/=\s]+$/, { error: 'expected PEM certificates in base64' })
          .exactOptional(),
        {
          description: 'CA certificates of the instance: PEM in base64.',
          default: 'the CA of the region',
          example: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==',
        },
      ),
      ignoreSSL: field(z.boolean().default(false), {
        description: 'Skips certificate verification. An attacker on the network path can then read every secret.',
        default: 'false',
        example: false,
      }),
      clientKeyContent: secretKeyRef(
        scope,
        'Client key of an application access point; requires `password`. Without a client key, `KMSAuth` is required.',
        'clientkey.json',
      ),
      password: secretKeyRef(scope, 'Password of the client key.', 'password'),
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
    description: 'Endpoint of a KMS instance, and the client key to authenticate with.',
    default: 'none: the KMS endpoint of the region is used',
    rules: [
      {
        rule: 'has(self.clientKeyContent) == has(self.password)',
        message: 'clientKeyContent and password are required together',
      },
    ],
  })
}

function kmsStore(scope: StoreScope) {
  return z
    .strictObject({
      region: field(regionId().exactOptional(), {
        description: 'Region of KMS.',
        default: 'the operator’s `--region`',
        example: 'cn-hangzhou',
      }),
      endpoint: field(hostAndPort().exactOptional(), {
        description: 'KMS endpoint; must be an allowed endpoint.',
        default: 'kms-vpc.{region}.aliyuncs.com',
        example: 'kms.cn-hangzhou.aliyuncs.com',
      }),
      KMSAuth: ramAuth(scope),
      dedicatedKMSAuth: dedicatedKmsAuth(scope),
    })
    .superRefine(checkKmsStore)
    .transform(({ KMSAuth, ...kms }) => Object.freeze({ ...kms, ...defined({ KMSAuth }) }))
    .exactOptional()
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
  // An empty `KMSAuth` explicitly selects the operator's identity.
  const hasAuth = Object.hasOwn(kms, 'KMSAuth')
  const hasKey = dedicated.clientKeyContent !== undefined
  if (hasKey && hasAuth) refuse(['KMSAuth'], 'names another identity than dedicatedKMSAuth: keep one of them')
  if (!hasKey && !hasAuth) {
    refuse(['dedicatedKMSAuth', 'clientKeyContent'], 'required, but missing; or set KMSAuth to use a RAM identity')
  }
  if (kms.endpoint !== undefined) refuse(['endpoint'], 'names another endpoint than dedicatedKMSAuth: keep one of them')
}

export type KmsStore = NonNullable<z.output<ReturnType<typeof kmsStore>>>

function serviceOf({ region, endpoint, KMSAuth: auth, dedicatedKMSAuth: dedicated }: KmsStore): StoreService {
  const common = { kind: 'endpoint', provider: 'kms', region } as const
  const ram = { kind: 'ram', field: 'spec.KMS.KMSAuth', auth } as const
  if (dedicated === undefined) return { ...common, name: 'KMS', field: 'spec.KMS', endpoint, access: ram }
  const { clientKeyContent: content, password, ca, ignoreSSL } = dedicated
  const path = 'spec.KMS.dedicatedKMSAuth'
  const access = content === undefined ? ram : ({ kind: 'client-key', field: path, content, password } as const)
  return {
    ...common,
    name: 'KMSInstance',
    field: path,
    driver: 'kms-instance',
    endpoint: dedicated.endpoint,
    access,
    ca,
    ignoreSSL,
  }
}

/** A store in KMS. */
export const kmsService = {
  provider: 'kms',
  names: ['KMS', 'KMSInstance'],
  schema: kmsStore,
  meta: {
    description: 'Alibaba Cloud KMS. `{}` selects the default region and endpoint, and the operator identity.',
    example: {},
    rules: [
      {
        rule: '!has(self.dedicatedKMSAuth) || !has(self.dedicatedKMSAuth.clientKeyContent) || !has(self.KMSAuth)',
        message: 'more than one identity: keep KMSAuth or the client key of dedicatedKMSAuth',
      },
      {
        rule: '!has(self.dedicatedKMSAuth) || has(self.dedicatedKMSAuth.clientKeyContent) || has(self.KMSAuth)',
        message: 'dedicatedKMSAuth.clientKeyContent is required; or set KMSAuth to use a RAM identity',
      },
      {
        rule: "!has(self.dedicatedKMSAuth) || !has(self.endpoint) || self.endpoint == ''",
        message: 'more than one endpoint: remove it, because dedicatedKMSAuth.endpoint is set',
      },
    ],
  },
  serviceOf,
} as const satisfies ServiceDefinition<ReturnType<typeof kmsStore>>
