import { defined } from '@ack-secret-manager/core'
import { z } from 'zod'
import { secretKeyRef, serviceAccountRef, type StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { checkRamAuth, ramAuthRules } from './ram-auth-checks.ts'
import { externalId, filePath, oidcProviderArn, roleArn, roleName, roleSessionName, seconds } from '../schema/text.ts'

function ramAuthFields(scope: StoreScope) {
  return {
    accessKey: secretKeyRef(scope, 'AccessKey id; requires `accessKeySecret`.', 'ak'),
    accessKeySecret: secretKeyRef(scope, 'AccessKey secret; requires `accessKey`.', 'sk'),
    ramRoleARN: field(roleArn().exactOptional(), {
      description: 'RAM role to assume: by AssumeRole with an AccessKey or the worker role, else by RRSA.',
      default: 'none; with `serviceAccountRef` the role in its annotation',
      example: 'acs:ram::1234567890123456:role/secrets-reader',
    }),
    ramRoleSessionName: field(roleSessionName().exactOptional(), {
      description: 'Session name for that role; ignored without a role.',
      default: 'ack-secret-manager',
      example: 'ack-secret-manager',
    }),
    ramRoleExternalId: field(externalId().exactOptional(), {
      description:
        'External id that the trust policy of that role requires. Only with AssumeRole; RRSA has no external id.',
      default: 'none',
      example: 'shop-4711',
    }),
    oidcProviderARN: field(oidcProviderArn().exactOptional(), {
      description: 'OIDC provider that the role trusts, for RRSA.',
      default: 'the provider of the cluster, if `--uid` and `--cluster-id` are set',
      example: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c123',
    }),
    oidcTokenFilePath: field(filePath().exactOptional(), {
      description:
        'File with the operator’s OIDC token, for RRSA. Must be below `/var/run/secrets` or a directory of `--allow-token-path`.',
      default: 'the operator’s own token file',
      example: '/var/run/secrets/tokens/ack-secret-manager',
    }),
    roleSessionExpiration: field(seconds().exactOptional(), {
      description: 'Duration of the role session in seconds, 900 to 43200; the maximum of the role applies too.',
      default: '3600',
      example: '3600',
      rules: [
        {
          // A text that is no number is refused by the pattern; `int` would fail, also for an unchanged field.
          rule: "!self.matches('^[0-9]{1,5}$') || (int(self) >= 900 && int(self) <= 43200)",
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
        description: 'Name of the role. If the node has another role, the store is not ready.',
        default: 'the role of the node',
        example: 'KubernetesWorkerRole-1a2b3c4d',
      }),
      allowMetadataV1: field(z.boolean().default(false), {
        description:
          'Allows a metadata service without tokens (IMDSv1). A process that forwards requests on the node can then get credentials too.',
        default: 'false',
        example: false,
      }),
    })
    .readonly()
    .exactOptional()
  return field(schema, {
    description: 'RAM role of the node, from the ECS metadata service. Requires `--enable-worker-role`.',
    default: 'none',
    example: {},
  })
}

/** A role of another account, assumed with the identity of the other fields. */
function remoteRoleFields() {
  return {
    remoteRamRoleARN: field(roleArn().exactOptional(), {
      description: 'RAM role of another account, assumed with the identity of the other fields.',
      default: 'none',
      example: 'acs:ram::6543210987654321:role/shared-secrets',
    }),
    remoteRamRoleArn: field(roleArn().exactOptional(), {
      description: 'Other spelling of `remoteRamRoleARN`.',
      default: 'none',
      example: 'acs:ram::6543210987654321:role/shared-secrets',
    }),
    remoteRamRoleSessionName: field(roleSessionName().exactOptional(), {
      description: 'Session name for that role; ignored without a role.',
      default: 'ack-secret-manager',
      example: 'ack-secret-manager',
    }),
    remoteRamRoleExternalId: field(externalId().exactOptional(), {
      description: 'External id that the trust policy of that role requires.',
      default: 'none',
      example: 'shop-4711',
    }),
  }
}

/** How a store authenticates. Combinations that select two identities are refused. */
export function ramAuth(scope: StoreScope) {
  const schema = z
    .strictObject(ramAuthFields(scope))
    .readonly()
    .superRefine(checkRamAuth)
    .transform(({ remoteRamRoleArn, ...auth }) => {
      const remoteRamRoleARN = auth.remoteRamRoleARN ?? remoteRamRoleArn
      const merged = { ...auth, ...defined({ remoteRamRoleARN }) }
      // Empty means the same as absent: the operator identity.
      return Object.keys(merged).length === 0 ? undefined : Object.freeze(merged)
    })
    .exactOptional()
  return field(schema, {
    description: 'RAM identity with which the store reads.',
    default: 'the operator identity',
    rules: ramAuthRules,
  })
}

/** How a store authenticates; `remoteRamRoleArn` is merged into `remoteRamRoleARN`. */
export type RamAuth = NonNullable<z.output<ReturnType<typeof ramAuth>>>
