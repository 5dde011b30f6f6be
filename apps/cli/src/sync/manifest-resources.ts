import type { SecretSyncError } from '@ack-secret-manager/core'
import { ADOPT_ANNOTATION, type ExternalSecretResource, REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'
import { resourceKey, type SyncResource } from '@ack-secret-manager/sync-engine'

/** The resource of a manifest in the cluster. */
export type ClusterState =
  | { readonly kind: 'present'; readonly uid: string }
  /** Without a cluster, or without the resource in it: nothing may depend on its garbage collection. */
  | { readonly kind: 'absent' }
  /** The lookup failed, or the resource is being deleted or exists twice: nothing is written for it. */
  | { readonly kind: 'unknown'; readonly error: SecretSyncError }

/** Adds the UID and generation to manifests, as an API server would. */
export class ManifestResources {
  readonly #generations = new Map<string, { readonly text: string; readonly generation: number }>()

  /** Converts a manifest for the engine. Its generation increases when its content changes. */
  resourceOf(manifest: ExternalSecretResource, state: ClusterState): SyncResource {
    const { apiVersion, kind, metadata, spec } = manifest
    const { namespace, name, annotations } = metadata
    return {
      namespace,
      name,
      apiVersion,
      kind,
      uid: state.kind === 'present' ? state.uid : '',
      generation: this.#generationOf(resourceKey(metadata), JSON.stringify([spec, state.kind])),
      spec: state.kind === 'unknown' ? { ok: false, error: state.error } : { ok: true, value: spec },
      status: undefined,
      refreshNow: annotations[REFRESH_NOW_ANNOTATION],
      adopt: annotations[ADOPT_ANNOTATION] === 'true',
    }
  }

  #generationOf(key: string, text: string): number {
    const before = this.#generations.get(key)
    const generation = before === undefined ? 1 : before.generation + (before.text === text ? 0 : 1)
    this.#generations.set(key, { text, generation })
    return generation
  }
}

/** The manifest with `deletionPolicy: Retain`, because a Secret without an ownerReference is not garbage-collected. */
export function retained(manifest: ExternalSecretResource): ExternalSecretResource {
  const { spec } = manifest
  return { ...manifest, spec: { ...spec, target: { ...spec.target, deletionPolicy: 'Retain' } } }
}
