import type { SecretSyncError } from '@ack-secret-manager/core'
import { ADOPT_ANNOTATION, type ExternalSecretResource, REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'
import { resourceKey, type SyncResource } from '@ack-secret-manager/sync-engine'

/** Who a manifest is in a cluster. */
export type Standing =
  | { readonly kind: 'present'; readonly uid: string }
  /** There is no cluster, or it does not know the resource: nothing may be made to depend on it. */
  | { readonly kind: 'absent' }
  /** It cannot be looked up, is being deleted, or exists twice: nothing is written for it. */
  | { readonly kind: 'unknown'; readonly error: SecretSyncError }

/** Gives manifests the identity and the generation that an API server would give them. */
export class ManifestResources {
  readonly #generations = new Map<string, { readonly text: string; readonly generation: number }>()

  /** The manifest as the engine wants it; its generation grows when its content has changed. */
  resourceOf(manifest: ExternalSecretResource, standing: Standing): SyncResource {
    const { apiVersion, kind, metadata, spec } = manifest
    const { namespace, name, annotations } = metadata
    return {
      namespace,
      name,
      apiVersion,
      kind,
      uid: standing.kind === 'present' ? standing.uid : '',
      generation: this.#generationOf(resourceKey(metadata), JSON.stringify([spec, standing.kind])),
      spec: standing.kind === 'unknown' ? { ok: false, error: standing.error } : { ok: true, value: spec },
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

/** The manifest with its target made to stay when the resource goes: where no owner can be named, none may be needed. */
export function retained(manifest: ExternalSecretResource): ExternalSecretResource {
  const { spec } = manifest
  return { ...manifest, spec: { ...spec, target: { ...spec.target, deletionPolicy: 'Retain' } } }
}
