import { isSecretSyncError, retryOf, type SecretSyncError } from '@ack-secret-manager/core'
import { type ResourceKey, splitKey, type SyncResource } from '../../model/resource.ts'
import type { WriteGuard } from '../guard/write-guard.ts'
import { finishReplacements } from './finish-replacements.ts'
import { formerTargets } from './former-targets.ts'
import { heldTargets } from './held-targets.ts'
import { release } from './release-target.ts'
import { type GoneResource, retainTarget } from './retain-target.ts'

/** Options of {@link TargetReleases}. */
export interface TargetReleasesOptions {
  readonly guard: WriteGuard
  /** A target could not be released. The resource must be requeued. */
  readonly onKept: (key: ResourceKey, error: SecretSyncError) => void
}

/** Releases targets that a resource no longer has, and keeps the record of how to release those that it has. */
export class TargetReleases {
  readonly #options: TargetReleasesOptions

  constructor(options: TargetReleasesOptions) {
    this.#options = options
  }

  /** Releases the targets of a resource that is gone; `last` updates their deletion policy first. @throws SecretSyncError as the writer */
  async ofGone(key: ResourceKey, { last, reason }: GoneResource, signal: AbortSignal): Promise<void> {
    const writer = this.#options.guard.writerForDeleted(key)
    const [namespace, name] = splitKey(key)
    if (last) await retainTarget(writer, last, signal)
    await finishReplacements(writer, { namespace, name }, 'deleted', signal)
    await release(writer, await heldTargets(writer, { namespace, name }, signal), name, reason, signal)
  }

  /** After a change of `target.name`, releases the previous target. */
  async ofFormerName(key: ResourceKey, resource: SyncResource, name: string, signal: AbortSignal): Promise<void> {
    const { guard, onKept } = this.#options
    const writer = guard.writerFor(resource)
    try {
      const former = await formerTargets(writer, resource, name, signal)
      await release(writer, former, resource.name, 'moved', signal)
    } catch (error) {
      if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
      // The new target is up to date.
      onKept(key, error)
    }
  }
}
