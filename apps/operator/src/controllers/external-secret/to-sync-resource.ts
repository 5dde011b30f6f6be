import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  ADOPT_ANNOTATION,
  API_VERSION,
  externalSecretStatusSchema,
  handledRefreshOf,
  parseExternalSecret,
  REFRESH_NOW_ANNOTATION,
} from '@ack-secret-manager/resources'
import type { SyncResource } from '@ack-secret-manager/sync-engine'

const KIND = 'ExternalSecret'

/**
 * Converts an ExternalSecret into the engine's model. An invalid spec yields a resource with an error, and so does a field of a newer
 * version: its keys would look as if they had left the spec.
 * @param before previous state; its spec is reused while the generation is unchanged, since most updates only change the status
 */
export function toSyncResource(
  raw: KubeObject,
  before?: Pick<SyncResource, 'uid' | 'generation' | 'spec'>,
): SyncResource {
  const { name = '', namespace = '', uid = '', generation = 0, resourceVersion } = raw.metadata
  const { annotations = {}, creationTimestamp, deletionTimestamp } = raw.metadata
  const isSame = before?.uid === uid && before.generation === generation
  const refreshNow = annotations[REFRESH_NOW_ANNOTATION]
  const status = externalSecretStatusSchema.safeParse(raw['status'])
  return {
    namespace,
    name,
    uid,
    generation,
    apiVersion: API_VERSION,
    kind: KIND,
    spec: isSame ? before.spec : parseSpec(raw),
    status: status.success ? status.data : undefined,
    refreshNow: refreshNow === undefined ? undefined : handledRefreshOf(refreshNow),
    adopt: annotations[ADOPT_ANNOTATION] === 'true',
    terminating: deletionTimestamp !== undefined,
    createdMs: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    version: resourceVersion,
  }
}

function parseSpec(raw: KubeObject): SyncResource['spec'] {
  // List items have no apiVersion and kind.
  const parsed = parseExternalSecret({ ...raw, apiVersion: API_VERSION, kind: KIND })
  return parsed.ok ? { ok: true, value: parsed.resource.spec } : { ok: false, error: parsed.error }
}
