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
import { remembered } from './applied-metadata.ts'
import type { WantedExternalSecret } from './namespace-plan.ts'
import { digestOf } from './cached-external-secret.ts'
import type { Namespace } from '../shared/namespaces.ts'

/** What a ClusterExternalSecret asks for, ready to be looked at five thousand times. */
export interface ClusterExternalSecretWish {
  readonly wanted: WantedExternalSecret
  /** Spec of the ExternalSecrets as it was written. */
  readonly spec: unknown
  /** Not all of what selects can be understood: nobody loses anything until it can. */
  readonly keeps: boolean
  /** How often everything is looked at without a reason. */
  readonly recheckMs: number | undefined
  readonly selects: (name: string, namespace: Namespace) => boolean
}

/** A ClusterExternalSecret as the API server has it. */
export interface SeenClusterExternalSecret {
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  /** It is about to go; Kubernetes deletes what it made. */
  readonly terminating: boolean
  /** Undefined where the spec cannot be read. */
  readonly wish: ClusterExternalSecretWish | undefined
  /** What is wrong with the spec. */
  readonly problem: string | undefined
  readonly status: ClusterExternalSecretStatus | undefined
}

/** @param before what it was: while its generation is the same, so is what it asks for, and most changes are those of a status */
export function seenClusterExternalSecretOf(
  raw: KubeObject,
  before?: SeenClusterExternalSecret,
): SeenClusterExternalSecret {
  const { name = '', uid = '', generation = 0, resourceVersion = '', deletionTimestamp } = raw.metadata
  const isSame = before?.uid === uid && before.generation === generation
  return {
    name,
    uid,
    generation,
    resourceVersion,
    terminating: deletionTimestamp !== undefined,
    ...(isSame ? { wish: before.wish, problem: before.problem } : wishOf(raw, uid)),
    status: clusterExternalSecretStatusSchema.safeParse(raw['status']).data,
  }
}

function wishOf(raw: KubeObject, makerUid: string): Pick<SeenClusterExternalSecret, 'wish' | 'problem'> {
  const kind = 'ClusterExternalSecret'
  // Items of a list come without these two.
  const parsed = parseClusterExternalSecret({ ...raw, apiVersion: API_VERSION, kind }, { unknownFields: 'ignore' })
  if (!parsed.ok) return { wish: undefined, problem: parsed.error.message }
  const { rotationInterval } = parsed.resource.spec
  const { name, ...metadata } = externalSecretMetadataOf(parsed.resource)
  const spec = (raw['spec'] as { readonly externalSecretSpec: unknown }).externalSecretSpec
  const { matches, broken } = namespacesSelectedBy(parsed.resource.spec)
  const wish: ClusterExternalSecretWish = {
    wanted: { name, makerUid, specDigest: digestOf(spec), ...remembered(metadata) },
    spec,
    selects: remembering(matches),
    keeps: broken.length > 0,
    recheckMs: rotationInterval === undefined ? undefined : parseDuration(rotationInterval),
  }
  const [first, ...others] = broken
  if (first === undefined) return { wish, problem: undefined }
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return {
    wish,
    problem: `${first}: no regular expression (RE2): it selects nothing, and no ExternalSecret is deleted until it is right${more}`,
  }
}

/** A namespace is looked at again and again, and is another object when it changes. */
function remembering(matches: NamespaceMatcher['matches']): ClusterExternalSecretWish['selects'] {
  const known = new WeakMap<Namespace, boolean>()
  return (name, namespace) => {
    const selected = known.get(namespace) ?? matches(name, () => namespace.labels)
    known.set(namespace, selected)
    return selected
  }
}
