import { z } from 'zod'
import { secretKeyRef, serviceAccountRef, type StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { checkRamAuth, ramAuthRules } from './ram-auth-checks.ts'
import { externalId, filePath, oidcProviderArn, roleArn, roleName, roleSessionName, seconds } from '../schema/text.ts'

function ramAuthFields(scope: StoreScope) {
  return {
    accessKey: secretKeyRef(scope, 'Where the AccessKey id lies; goes together with `accessKeySecret`.', 'ak'),
    accessKeySecret: secretKeyRef(scope, 'Where the AccessKey secret lies; goes together with `accessKey`.', 'sk'),
    ramRoleARN: field(roleArn().exactOptional(), {
      description:
        'RAM role to take. With an AccessKey or the worker role: by AssumeRole. With an OIDC provider or a ServiceAccount, or alone: by AssumeRoleWithOIDC (RRSA).',
      default: 'none; with `serviceAccountRef` the role of its annotation',
      example: 'acs:ram::1234567890123456:role/secrets-reader',
    }),
    ramRoleSessionName: field(roleSessionName().exactOptional(), {
      description: 'Session name of that role; means nothing without one.',
      default: 'ack-secret-manager',
      example: 'ack-secret-manager',
    }),
    ramRoleExternalId: field(externalId().exactOptional(), {
      description:
        'External id that the trust policy of that role demands. Only where it is taken by AssumeRole: RRSA knows none.',
      default: 'none',
      example: 'shop-4711',
    }),
    oidcProviderARN: field(oidcProviderArn().exactOptional(), {
      description: 'OIDC provider that the role trusts, for RRSA.',
      default: 'that of the cluster, if the operator knows `--uid` and `--cluster-id`',
      example: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c123',
    }),
    oidcTokenFilePath: field(filePath().exactOptional(), {
      description:
        'File with the operator’s OIDC token, for RRSA. Only below `/var/run/secrets` and what `--allow-token-path` adds.',
      default: 'the operator’s own token file',
      example: '/var/run/secrets/tokens/ack-secret-manager',
    }),
    roleSessionExpiration: field(seconds().exactOptional(), {
      description: 'Length of the role session in seconds, 900 to 43200; the role’s own maximum is another limit.',
      default: '3600',
      example: '3600',
      rules: [
        {
          rule: "self == '' || (int(self) >= 900 && int(self) <= 43200)",
          message: 'expected 900 to 43200 seconds',
        },
      ],
    }),
    ...remoteRoleFields(),
    serviceAccountRef: serviceAccountRef(scope),
    workerRole: workerRole(),
  }
}

/** The RAM role of the node. */
function workerRole() {
  const schema = z
    .strictObject({
      roleName: field(roleName().exactOptional(), {
        description: 'Name of the role. Where the node has another one, there is no credential.',
        default: 'the one that the node has',
        example: 'KubernetesWorkerRole-1a2b3c4d',
      }),
      allowMetadataV1: field(z.boolean().default(false), {
        description:
          'Ask a metadata service that issues no tokens without one. Whatever forwards requests on that node could do so too.',
        default: 'false',
        example: false,
      }),
    })
    .readonly()
    .exactOptional()
  return field(schema, {
    description: 'The RAM role of the node, through the metadata service of ECS. Needs `--enable-worker-role`.',
    default: 'none',
    example: {},
  })
}

/** A role of another account, on top of whatever identity. */
function remoteRoleFields() {
  return {
    remoteRamRoleARN: field(roleArn().exactOptional(), {
      description: 'RAM role of another account, taken by AssumeRole as the identity above.',
      default: 'none',
      example: 'acs:ram::6543210987654321:role/shared-secrets',
    }),
    remoteRamRoleArn: field(roleArn().exactOptional(), {
      description: 'Other spelling of `remoteRamRoleARN`.',
      default: 'none',
      example: 'acs:ram::6543210987654321:role/shared-secrets',
    }),
    remoteRamRoleSessionName: field(roleSessionName().exactOptional(), {
      description: 'Session name of that role; means nothing without one.',
      default: 'ack-secret-manager',
      example: 'ack-secret-manager',
    }),
    remoteRamRoleExternalId: field(externalId().exactOptional(), {
      description: 'External id that the trust policy of that role demands.',
      default: 'none',
      example: 'shop-4711',
    }),
  }
}

/** How a store proves who it is. One identity; combinations that mean two are refused. */
export function ramAuth(scope: StoreScope) {
  const schema = z
    .strictObject(ramAuthFields(scope))
    .readonly()
    .superRefine(checkRamAuth)
    .transform(({ remoteRamRoleArn, ...auth }) => {
      const remoteRamRoleARN = auth.remoteRamRoleARN ?? remoteRamRoleArn
      const said = { ...auth, ...(remoteRamRoleARN === undefined ? {} : { remoteRamRoleARN }) }
      // Nothing in it means what an absent one means: the operator's own identity.
      return Object.keys(said).length === 0 ? undefined : Object.freeze(said)
    })
    .exactOptional()
  return field(schema, {
    description: 'RAM identity to read as.',
    default: 'the operator’s own identity',
    rules: ramAuthRules,
  })
}

/** How a store proves who it is; `remoteRamRoleArn` has become `remoteRamRoleARN`. */
export type RamAuth = NonNullable<z.output<ReturnType<typeof ramAuth>>>
