import { z } from 'zod'
import { field, notYet } from './field.ts'
import { hostAndPort, namespaceName, objectName, regionId, secretKey } from './text.ts'

const secretKeyRefSchema = z
  .strictObject({
    name: field(objectName(), { description: 'Name of the Secret.', example: 'alibaba-credentials' }),
    namespace: field(namespaceName().exactOptional(), {
      description: 'Namespace of the Secret. Another one than the store’s needs `--enable-cross-namespace-auth-ref`.',
      default: 'the namespace of the store',
      example: 'default',
    }),
    key: field(secretKey(), { description: 'Key in the Secret.', example: 'ak' }),
  })
  .readonly()

const kmsAuthSchema = z
  .strictObject({
    accessKey: field(secretKeyRefSchema.exactOptional(), {
      description: 'Where the AccessKey id lies; goes together with `accessKeySecret`.',
    }),
    accessKeySecret: field(secretKeyRefSchema.exactOptional(), {
      description: 'Where the AccessKey secret lies; goes together with `accessKey`.',
    }),
    ramRoleARN: notYet('string', 'RAM role to assume.'),
    ramRoleSessionName: notYet('string', 'Session name of that role.'),
    oidcProviderARN: notYet('string', 'OIDC provider, for RRSA.'),
    oidcTokenFilePath: notYet('string', 'File with the OIDC token, for RRSA.'),
    roleSessionExpiration: notYet('string', 'Length of role sessions in seconds.'),
    remoteRamRoleARN: notYet('string', 'RAM role of another account, assumed on top.'),
    remoteRamRoleArn: notYet('string', 'Other spelling of `remoteRamRoleARN`.'),
    remoteRamRoleSessionName: notYet('string', 'Session name of that role.'),
    serviceAccountRef: notYet('object', 'ServiceAccount whose identity is used, for RRSA.'),
    workerRole: notYet('object', 'The RAM role of the node.'),
  })
  .readonly()
  .superRefine((auth, context) => {
    for (const [here, other] of [
      ['accessKey', 'accessKeySecret'],
      ['accessKeySecret', 'accessKey'],
    ] as const) {
      if (auth[here] === undefined && auth[other] !== undefined) {
        context.addIssue({ code: 'custom', path: [here], message: `required together with ${other}, but missing` })
      }
    }
  })
  // Nothing in it means what an absent one means: the operator's own identity.
  .transform(({ accessKey, accessKeySecret }) =>
    accessKey === undefined || accessKeySecret === undefined
      ? undefined
      : Object.freeze({ accessKey, accessKeySecret }),
  )

const kmsSchema = z
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
    KMSAuth: field(kmsAuthSchema.exactOptional(), {
      description: 'RAM identity to read as.',
      default: 'the operator’s own identity',
      rules: [
        {
          rule: 'has(self.accessKey) == has(self.accessKeySecret)',
          message: 'accessKey and accessKeySecret are required together',
        },
      ],
    }),
    dedicatedKMSAuth: notYet('object', 'Client key for the endpoint of a KMS instance.'),
  })
  .transform(({ region, endpoint, KMSAuth }) =>
    Object.freeze({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(KMSAuth === undefined ? {} : { KMSAuth }),
    }),
  )

/** Spec of a SecretStore, strict: expects absent fields where the API allows empty ones, see `parseSecretStore`. */
export const secretStoreSpecSchema = field(
  z
    .strictObject({
      KMS: field(kmsSchema.exactOptional(), {
        description: 'Alibaba Cloud KMS. `{}` is legal: default region and endpoint, the operator’s own identity.',
        example: {},
      }),
      OOS: notYet('object', 'Encrypted parameters of Operation Orchestration Service.'),
      plugin: notYet('object', 'A backend package that the operator was started with.'),
      allow: notYet('list', 'Which namespaces may read which secret names.'),
      conditions: notYet('list', 'Which namespaces may use the store.'),
    })
    .transform(({ KMS }, context) => {
      if (KMS !== undefined) return Object.freeze({ KMS })
      context.addIssue({ code: 'custom', path: ['KMS'], message: 'required, but missing; `KMS: {}` will do' })
      return z.NEVER
    }),
  {
    description: 'Where secrets lie and as whom they are read.',
    rules: [
      { rule: 'has(self.KMS) || has(self.OOS) || has(self.plugin)', message: 'KMS is required; `KMS: {}` will do' },
    ],
  },
)

/** Spec of a SecretStore with its defaults filled in. */
export type SecretStoreSpec = z.output<typeof secretStoreSpecSchema>
/** A store in KMS. */
export type KmsStore = z.output<typeof kmsSchema>
/** How a store in KMS authenticates. */
export type KmsAuth = NonNullable<z.output<typeof kmsAuthSchema>>
/** Names one key of a Secret. */
export type SecretKeyRef = z.output<typeof secretKeyRefSchema>
