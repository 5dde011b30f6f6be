import { z } from 'zod'
import { ROLE_ARN_ANNOTATION } from '../names.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { line, namespaceName, objectName, secretKey } from '../schema/text.ts'

/** Scope of the store that holds a reference. References of a cluster-scoped store have no default namespace. */
export type StoreScope = 'Namespaced' | 'Cluster'

/** Error for a reference without a namespace in a ClusterSecretStore. */
export const NAMESPACE_REQUIRED = 'required in a ClusterSecretStore, but missing'

const namespaceRule = {
  // `namespace` is a reserved word of CEL: Kubernetes 1.30 knows the field only by its escaped name.
  rule: "has(self.__namespace__) && self.__namespace__ != ''",
  message: NAMESPACE_REQUIRED,
  fieldPath: '.namespace',
} as const

function refNamespace(scope: StoreScope, what: string) {
  return field(namespaceName().exactOptional(), {
    description:
      scope === 'Cluster'
        ? `Namespace of the ${what}.`
        : `Namespace of the ${what}. Another namespace than that of the store requires \`--enable-cross-namespace-auth-ref\`.`,
    default: scope === 'Cluster' ? 'none: required' : 'the namespace of the store',
    example: 'default',
  })
}

export function secretKeyRef(scope: StoreScope, description: string, key: string) {
  const schema = z
    .strictObject({
      name: field(objectName(), { description: 'Name of the Secret.', example: 'alibaba-credentials' }),
      namespace: refNamespace(scope, 'Secret'),
      key: field(secretKey(), { description: 'Key in the Secret.', example: key }),
    })
    .readonly()
    .superRefine(requireNamespace(scope))
    .exactOptional()
  return field(schema, { description, default: 'none', ...(scope === 'Cluster' ? { rules: [namespaceRule] } : {}) })
}

/** A reference to a ServiceAccount for which tokens are requested. */
export function serviceAccountRef(scope: StoreScope) {
  const schema = z
    .strictObject({
      name: field(objectName(), { description: 'Name of the ServiceAccount.', example: 'web' }),
      namespace: refNamespace(scope, 'ServiceAccount'),
      audiences: field(z.array(line(LIMITS.audience)).max(LIMITS.audiences).readonly().default([]), {
        description: 'Audiences of the token. One of them must be a client id of the OIDC provider.',
        default: '`[sts.aliyuncs.com]`',
        example: ['sts.aliyuncs.com'],
      }),
    })
    .readonly()
    .superRefine(requireNamespace(scope))
    .exactOptional()
  return field(schema, {
    description: `RRSA of a workload: ServiceAccount whose token is exchanged for the role in \`ramRoleARN\`, or in its annotation \`${ROLE_ARN_ANNOTATION}\`.`,
    default: 'none',
    ...(scope === 'Cluster' ? { rules: [namespaceRule] } : {}),
  })
}

function requireNamespace(scope: StoreScope) {
  return ({ namespace }: { readonly namespace?: string }, context: z.RefinementCtx): void => {
    if (scope === 'Namespaced' || namespace !== undefined) return
    context.addIssue({ code: 'custom', path: ['namespace'], message: NAMESPACE_REQUIRED })
  }
}

export type SecretKeyRef = NonNullable<z.output<ReturnType<typeof secretKeyRef>>>
export type ServiceAccountRef = NonNullable<z.output<ReturnType<typeof serviceAccountRef>>>
