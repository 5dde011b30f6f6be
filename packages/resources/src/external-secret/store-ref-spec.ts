import { z } from 'zod'
import { field } from '../schema/field.ts'
import { namespaceName, objectName } from '../schema/text.ts'

/** Reference to a store, in a resource of this kind. */
export function storeRef(kind: 'ExternalSecret' | 'PushSecret') {
  return z
    .strictObject({
      name: field(objectName(), { description: 'Name of the store.', example: 'kms' }),
      namespace: field(namespaceName().exactOptional(), {
        description: `Namespace of a SecretStore. Another namespace than that of the ${kind} requires \`--enable-cross-namespace-secret-store\`.`,
        default: `the namespace of the ${kind}`,
        example: 'default',
      }),
      kind: field(z.enum(['SecretStore', 'ClusterSecretStore']).default('SecretStore'), {
        description: 'Kind of the store. `namespace` is ignored for a ClusterSecretStore.',
        default: 'SecretStore',
        example: 'SecretStore',
      }),
    })
    .readonly()
}

export type StoreRef = z.output<ReturnType<typeof storeRef>>
