import { parseDuration } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  API_VERSION,
  type ClusterExternalSecretStatus,
  clusterExternalSecretStatusSchema,
  externalSecretMetadataOf,
  type NamespaceMatcher,
  namespacesSelectedBy,
  parseClusterExternalSecret,
} from '@ack-secret-manager/resources'
import { withAppliedKeys } from './applied-metadata.ts'
import type { DesiredExternalSecret } from './namespace-plan.ts'
import { digestOf } from './cached-external-secret.ts'
import type { Namespace } from '../shared/namespaces.ts'

/** Parsed spec of a ClusterExternalSecret, evaluated for up to five thousand namespaces. */
export interface DesiredExternalSecrets {
  readonly externalSecret: DesiredExternalSecret
  /** Spec of the ExternalSecrets, as the user wrote it. */
  readonly spec: unknown
  /** A namespace selector is invalid: no ExternalSecret is deleted until it is fixed. */
  readonly keepsUnselected: boolean
  /** Resync interval. */
  readonly recheckIntervalMs: number | undefined
  readonly selects: (name: string, namespace: Namespace) => boolean
}

export interface CachedClusterExternalSecret {
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  /** It is being deleted; the garbage collector deletes its ExternalSecrets. */
  readonly terminating: boolean
  /** Undefined if the spec is invalid. */
  readonly desired: DesiredExternalSecrets | undefined
  /** Error in the spec. */
  readonly problem: string | undefined
  readonly status: ClusterExternalSecretStatus | undefined
}

/** @param before previous state; reused while the generation is unchanged, since most updates only change the status */
export function toCachedClusterExternalSecret(
  raw: KubeObject,
  before?: CachedClusterExternalSecret,
): CachedClusterExternalSecret {
  const { name = '', uid = '', generation = 0, resourceVersion = '', deletionTimestamp } = raw.metadata
  const isSame = before?.uid === uid && before.generation === generation
  return {
    name,
    uid,
    generation,
    resourceVersion,
    terminating: deletionTimestamp !== undefined,
    ...(isSame ? { desired: before.desired, problem: before.problem } : parseDesired(raw, uid)),
    status: clusterExternalSecretStatusSchema.safeParse(raw['status']).data,
  }
}

function parseDesired(raw: KubeObject, ownerUid: string): Pick<CachedClusterExternalSecret, 'desired' | 'problem'> {
  const kind = 'ClusterExternalSecret'
  // List items have no apiVersion and kind.
  const parsed = parseClusterExternalSecret({ ...raw, apiVersion: API_VERSION, kind })
  if (!parsed.ok) return { desired: undefined, problem: parsed.error.message }
  const { rotationInterval, externalSecretSpec } = parsed.resource.spec
  const isRetained = externalSecretSpec.target.deletionPolicy === 'Retain'
  const { name, ...metadata } = externalSecretMetadataOf(parsed.resource)
  const spec = (raw['spec'] as { readonly externalSecretSpec: unknown }).externalSecretSpec
  const { matches, broken } = namespacesSelectedBy(parsed.resource.spec)
  const desired: DesiredExternalSecrets = {
    externalSecret: { name, ownerUid, specDigest: digestOf(spec), isRetained, ...withAppliedKeys(metadata) },
    spec,
    selects: memoized(matches),
    keepsUnselected: broken.length > 0,
    recheckIntervalMs: rotationInterval === undefined ? undefined : parseDuration(rotationInterval),
  }
  const [first, ...others] = broken
  if (first === undefined) return { desired, problem: undefined }
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return {
    desired,
    problem: `${first}: not a valid regular expression (RE2), so it selects no namespace; no ExternalSecret is deleted until it is fixed${more}`,
  }
}

/** Caches the result per namespace object, which the reflector replaces when the namespace changes. */
function memoized(matches: NamespaceMatcher['matches']): DesiredExternalSecrets['selects'] {
  const known = new WeakMap<Namespace, boolean>()
  return (name, namespace) => {
    const selected = known.get(namespace) ?? matches(name, () => namespace.labels)
    known.set(namespace, selected)
    return selected
  }
}
