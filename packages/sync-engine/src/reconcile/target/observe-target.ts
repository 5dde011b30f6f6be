import type { SecretWriter, TargetRef } from '@ack-secret-manager/core'
import type { Observation } from '../../decide/observation.ts'
import type { ResourceKey, SyncResource } from '../../model/resource.ts'
import { readyCondition } from '../resource-state.ts'
import type { UnverifiedTargets } from './unverified-targets.ts'

export interface ObserveRequest {
  readonly key: ResourceKey
  readonly resource: SyncResource
  readonly target: TargetRef
  readonly writer: Pick<SecretWriter, 'observe' | 'inspect'>
  readonly unverified: Pick<UnverifiedTargets, 'has' | 'observed'>
  /** Another replica wrote the target. */
  readonly isForced: boolean
  readonly signal: AbortSignal
}

/**
 * The target before the reads, with its content if that may differ from its record. The watch only shows Secrets with the operator's
 * label. If the target may lack it, it is read from the API server, because every create would fail with a conflict.
 */
export async function observeTarget({
  key,
  resource,
  target,
  writer,
  unverified,
  isForced,
  signal,
}: ObserveRequest): Promise<Observation> {
  if (unverified.has(key)) return { secret: await writer.inspect(target, { signal }), inspected: true }
  const fresh = isForced || readyCondition(resource)?.reason === 'TargetConflict'
  let secret = await writer.observe(target, { signal, fresh })
  if (!secret && !fresh && hadTarget(resource, target)) secret = await writer.observe(target, { signal, fresh: true })
  if (!unverified.observed(key, resource, secret)) return { secret, inspected: false }
  return { secret: await writer.inspect(target, { signal }), inspected: true }
}

/** Whether the status names the target. */
export function hadTarget({ status }: SyncResource, { name }: TargetRef): boolean {
  return status?.target?.name === name
}
