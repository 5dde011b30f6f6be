import { isKubeApiError, Reflector } from '@ack-secret-manager/k8s-client'
import { type LiveExternalSecret, liveExternalSecret } from '@ack-secret-manager/resource-view'
import { readyOf, resourcesPath } from '@ack-secret-manager/resources'
import { type ClusterReader, isForbidden } from '../kube/cluster-reader.ts'
import { describedError, withKubeErrors } from '../sync/cluster/kube-errors.ts'
import type { Follower, FollowScope } from './follow-scope.ts'
import { pollStatus } from './poll-status.ts'

const WHAT = 'watching the ExternalSecrets'

/**
 * Watches ExternalSecrets until the signal of the reader aborts. Polls them if the user may not watch.
 * @throws SecretSyncError if the user may not list them
 */
export async function followStatus(reader: ClusterReader, scope: FollowScope, follower: Follower): Promise<void> {
  try {
    await watchResources(reader, scope, follower)
  } catch (error) {
    if (!isForbidden(error)) throw error
    follower.log.info('you may not watch ExternalSecrets; they are listed every 5 s instead')
    await pollStatus(reader, scope, follower)
  }
}

/** @throws SecretSyncError if the user may not list or watch */
async function watchResources(
  { client, signal }: ClusterReader,
  { namespace, selector, name }: FollowScope,
  { onChange, log }: Follower,
): Promise<void> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  await using reflector = new Reflector({
    client,
    path: resourcesPath('ExternalSecret'),
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    project: liveExternalSecret,
    onChange: (change) => onChange(change.key, change.kind === 'deleted' ? undefined : change.object),
    onFault: ({ error, retryInMs }) => {
      if (isKubeApiError(error, 403)) return fail(error)
      // Not the end: a credential that has expired may be replaced, as by a login in another terminal.
      const { message } = isKubeApiError(error, 401) ? describedError(WHAT, error) : error
      log.warn(`${message}; retrying in ${Math.ceil(retryInMs / 1_000)} s`)
    },
  })
  await withKubeErrors(WHAT, () => Promise.race([reflector.run({ signal }), failed]))
}

/** Whether what `status` shows of an ExternalSecret has changed. */
export function hasNewState(was: LiveExternalSecret | undefined, now: LiveExternalSecret | undefined): boolean {
  return now === undefined || was === undefined ? now !== was : stateOf(was) !== stateOf(now)
}

function stateOf({ status }: LiveExternalSecret): string {
  const { status: ready, reason, message } = readyOf(status) ?? {}
  return JSON.stringify([ready, reason, message, status.target, status.secrets, status.lastHandledRefresh])
}
