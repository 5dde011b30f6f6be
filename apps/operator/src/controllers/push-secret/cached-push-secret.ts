import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  API_VERSION,
  handledRefreshOf,
  parsePushSecret,
  type ParseResult,
  type PushSecretResource,
  type PushSecretStatus,
  pushSecretStatusSchema,
  REFRESH_NOW_ANNOTATION,
} from '@ack-secret-manager/resources'

export interface CachedPushSecret {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  readonly terminating: boolean
  /** A change of this text requests a run. */
  readonly refreshNow: string | undefined
  readonly finalizers: readonly string[]
  readonly parsed: ParseResult<PushSecretResource>
  readonly status: PushSecretStatus | undefined
}

/** Whether a run that began with `state` may go on: the user has neither changed the spec nor deleted the resource since. */
export function isUnchanged(state: CachedPushSecret, latest: CachedPushSecret | undefined): boolean {
  return latest?.uid === state.uid && latest.generation === state.generation && latest.terminating === state.terminating
}

/** @param before previous state; its spec is reused while the generation is the same */
export function toCachedPushSecret(raw: KubeObject, before?: CachedPushSecret): CachedPushSecret {
  const { namespace = '', name = '', uid = '', generation = 0, resourceVersion = '', deletionTimestamp } = raw.metadata
  const isSame = before?.uid === uid && before.generation === generation
  const finalizers = raw.metadata['finalizers']
  const refreshNow = raw.metadata.annotations?.[REFRESH_NOW_ANNOTATION]
  return {
    namespace,
    name,
    uid,
    generation,
    resourceVersion,
    terminating: deletionTimestamp !== undefined,
    refreshNow: refreshNow === undefined ? undefined : handledRefreshOf(refreshNow),
    finalizers: Array.isArray(finalizers) ? finalizers.filter((one) => typeof one === 'string') : [],
    parsed: isSame ? before.parsed : parse(raw),
    status: pushSecretStatusSchema.safeParse(raw['status']).data,
  }
}

/** List items have no apiVersion and kind. */
function parse(raw: KubeObject): ParseResult<PushSecretResource> {
  return parsePushSecret({ ...raw, apiVersion: API_VERSION, kind: 'PushSecret' })
}
