import type { KubeObject, ObjectMeta } from '@ack-secret-manager/k8s-client'
import {
  API_VERSION,
  type ExternalSecretSpec,
  type ExternalSecretStatus,
  externalSecretStatusSchema,
  parseExternalSecret,
  type ResourceKind,
  storeRefsOf,
} from '@ack-secret-manager/resources'

/** A store that an ExternalSecret names. Its namespace is empty for a ClusterSecretStore. */
export interface StoreName {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  readonly namespace: string
  readonly name: string
}

/** An ExternalSecret of the cluster. */
export interface LiveExternalSecret {
  readonly namespace: string
  readonly name: string
  readonly metadata: ObjectMeta
  /** Undefined if it is invalid; the operator then reports `InvalidSpec`. */
  readonly spec: ExternalSecretSpec | undefined
  readonly status: ExternalSecretStatus
  readonly stores: readonly StoreName[]
  /** The ClusterExternalSecret that created it. */
  readonly createdBy: string | undefined
}

const NO_STATUS = externalSecretStatusSchema.parse({})

/** Reads an ExternalSecret as the API server sends it. Never throws. */
export function liveExternalSecret(raw: KubeObject): LiveExternalSecret {
  const { namespace = '', name = '', ownerReferences = [] } = raw.metadata
  // Items of a list have neither apiVersion nor kind.
  const object = { ...raw, apiVersion: API_VERSION, kind: 'ExternalSecret' }
  const parsed = parseExternalSecret(object, { unknownFields: 'ignore' })
  const spec = parsed.ok ? parsed.resource.spec : undefined
  const status = externalSecretStatusSchema.safeParse(raw['status'])
  return {
    namespace,
    name,
    metadata: raw.metadata,
    spec,
    status: status.success ? status.data : NO_STATUS,
    stores: spec === undefined ? [] : storesOf(spec, namespace),
    createdBy: ownerReferences.find(({ kind }) => kind === 'ClusterExternalSecret')?.name,
  }
}

/** What is known of a resource without a Ready condition. */
export const NOT_REPORTED = 'the operator has not reported on it yet'

/** A reason and its message, without the reason twice: messages of several sources begin with it. */
export function reasonText(reason: string, message: string): string {
  const rest = withoutPrefix(message, reason)
  return rest === '' || rest === reason ? reason : `${reason}: ${rest}`
}

/** A message without a reason or a name that is shown in front of it. */
export function withoutPrefix(message: string, prefix: string): string {
  return message.startsWith(`${prefix}: `) ? message.slice(prefix.length + 2) : message
}

/** The state of a resource that is not fine; its reason is undefined before the first reconcile. */
export function stateText({
  reason,
  message,
}: {
  readonly reason: string | undefined
  readonly message: string
}): string {
  return reason === undefined ? NOT_REPORTED : reasonText(reason, message)
}

/** `prod/web`. */
export function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** `SecretStore prod/kms`, `ClusterSecretStore shared`. */
export function labelOf(resource: {
  readonly kind: ResourceKind
  readonly namespace: string
  readonly name: string
}): string {
  return `${resource.kind} ${keyOf(resource)}`
}

/** The stores of a spec, each once, in their order. */
function storesOf(spec: ExternalSecretSpec, home: string): readonly StoreName[] {
  const refs = storeRefsOf(spec).filter((ref) => ref !== undefined)
  const stores = refs.map(({ kind, namespace, name }): StoreName => {
    const isCluster = kind === 'ClusterSecretStore'
    return {
      kind: isCluster ? 'ClusterSecretStore' : 'SecretStore',
      namespace: isCluster ? '' : namespace || home,
      name,
    }
  })
  return [...new Map(stores.map((store) => [labelOf(store), store])).values()]
}
