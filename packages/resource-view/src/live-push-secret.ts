import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  API_VERSION,
  type Condition,
  parsePushSecret,
  type PushedSecret,
  pushSecretStatusSchema,
  type PushSecretSpec,
} from '@ack-secret-manager/resources'
import { pushSecretState, type PushSecretState } from './push-secret-state.ts'
import { labelOf, type StoreName } from './resource-objects.ts'

/** A KMS secret of a PushSecret, and the store that it is written through. */
export interface PushedThrough extends Omit<PushedSecret, 'secretStoreRef'> {
  readonly store: StoreName
}

/** A PushSecret of the cluster. */
export interface LivePushSecret {
  readonly namespace: string
  readonly name: string
  readonly state: PushSecretState
  /** Undefined if it is invalid; the operator then reports `InvalidSpec`. */
  readonly spec: PushSecretSpec | undefined
  /** As in the status. */
  readonly conditions: readonly Condition[]
  /** Generation of the spec that the status is based on; 0 before the first one. */
  readonly observedGeneration: number
  /** What has been pushed or will be, as far as the status tells. */
  readonly secrets: readonly PushedThrough[]
  /** The store of the spec, then former ones that still have KMS secrets; each once. */
  readonly stores: readonly StoreName[]
}

/** Reads a PushSecret as the API server sends it. Never throws. */
export function livePushSecret(raw: KubeObject): LivePushSecret {
  const { namespace = '', name = '' } = raw.metadata
  // Items of a list have neither apiVersion nor kind.
  const parsed = parsePushSecret({ ...raw, apiVersion: API_VERSION, kind: 'PushSecret' }, { unknownFields: 'ignore' })
  const spec = parsed.ok ? parsed.resource.spec : undefined
  const status = pushSecretStatusSchema.safeParse(raw['status'] ?? {}).data
  const secrets = (status?.secrets ?? []).map(({ secretStoreRef, ...entry }) => ({
    ...entry,
    store: storeName(secretStoreRef, namespace),
  }))
  const all = [...(spec ? [storeName(spec.secretStoreRef, namespace)] : []), ...secrets.map(({ store }) => store)]
  const stores = [...new Map(all.map((store) => [labelOf(store), store])).values()]
  return {
    namespace,
    name,
    state: pushSecretState(raw),
    spec,
    conditions: status?.conditions ?? [],
    observedGeneration: status?.observedGeneration ?? 0,
    secrets,
    stores,
  }
}

function storeName(
  { kind, name, namespace }: PushSecretSpec['secretStoreRef'] | PushedSecret['secretStoreRef'],
  home: string,
): StoreName {
  if (kind === 'ClusterSecretStore') return { kind, namespace: '', name }
  return { kind: 'SecretStore', namespace: namespace ?? home, name }
}
