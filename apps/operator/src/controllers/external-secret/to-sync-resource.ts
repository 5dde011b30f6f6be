import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  ADOPT_ANNOTATION,
  API_VERSION,
  externalSecretStatusSchema,
  parseExternalSecret,
  REFRESH_NOW_ANNOTATION,
} from '@ack-secret-manager/resources'
import type { SyncResource } from '@ack-secret-manager/sync-engine'

const KIND = 'ExternalSecret'

/**
 * An ExternalSecret of the API server as the engine wants it; one with an invalid spec is still a resource.
 * @param before what it was last: while its generation is the same, so is its spec, and most changes are those of a status
 */
export function syncResourceOf(
  raw: KubeObject,
  before?: Pick<SyncResource, 'uid' | 'generation' | 'spec'>,
): SyncResource {
  const { name = '', namespace = '', uid = '', generation = 0, resourceVersion } = raw.metadata
  const { annotations = {}, creationTimestamp, deletionTimestamp } = raw.metadata
  const isSame = before?.uid === uid && before.generation === generation
  const status = externalSecretStatusSchema.safeParse(raw['status'])
  return {
    namespace,
    name,
    uid,
    generation,
    apiVersion: API_VERSION,
    kind: KIND,
    spec: isSame ? before.spec : specOf(raw),
    status: status.success ? status.data : undefined,
    refreshNow: annotations[REFRESH_NOW_ANNOTATION],
    adopt: annotations[ADOPT_ANNOTATION] === 'true',
    terminating: deletionTimestamp !== undefined,
    createdMs: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    version: resourceVersion,
  }
}

function specOf(raw: KubeObject): SyncResource['spec'] {
  // Items of a list come without these two.
  const parsed = parseExternalSecret({ ...raw, apiVersion: API_VERSION, kind: KIND }, { unknownFields: 'ignore' })
  return parsed.ok ? { ok: true, value: parsed.resource.spec } : { ok: false, error: parsed.error }
}
