import assert from 'node:assert/strict'
import type { RoleKind, Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'

/** What is listed and watched from the start on. */
export interface WatchedCollection {
  readonly resource: string
  readonly role: RoleKind
  /** What is not noticed without a watch, for people. */
  readonly unnoticed: string
  readonly prepare?: (scene: TrialScene) => Promise<void>
  /** Changes something that the watch would tell. */
  readonly change: (scene: TrialScene) => Promise<void>
  /** Nobody has noticed. */
  readonly expectUnnoticed: (scene: TrialScene) => Promise<void>
  readonly untilNoticed: (scene: TrialScene) => Promise<void>
}

/** Trials of `list` and `watch` on what the operator must know before it leads. */
export function watchedCollection(collection: WatchedCollection): Trial[] {
  const { resource } = collection
  return [listOf(collection), watchOf(collection)].map((trial) => ({ ...trial, right: `${trial.right} ${resource}` }))
}

function listOf({ role }: WatchedCollection): Trial {
  return {
    right: 'list',
    role,
    without: 'It does not get ready and never leads: `/readyz` says `caches not synced`.',
    atStart: true,
    missing: async (scene) => {
      await scene.start()
      await scene.untilRefused()
      assert.match(await scene.readyz(), /caches not synced/)
    },
    mended: (scene) => scene.operator.leading(),
  }
}

function watchOf({ resource, role, unnoticed, prepare, change, ...expected }: WatchedCollection): Trial {
  // Of all namespaces; those of single objects are others.
  const path = `/${resource}"`
  return {
    right: 'watch',
    role,
    without: unnoticed,
    atStart: true,
    ...(prepare && { prepare }),
    missing: async (scene) => {
      await (await scene.start()).leading()
      await scene.untilRefused({ path })
      await change(scene)
      await scene.untilRefused({ path, times: 2 })
      await expected.expectUnnoticed(scene)
    },
    mended: (scene) => expected.untilNoticed(scene),
  }
}

/** Trials of `list` and `watch` by name, of what a resource refers to: a change of it is not noticed at once. */
export function namedObjects(
  named: Omit<WatchedCollection, 'prepare'> & Required<Pick<WatchedCollection, 'prepare'>>,
): Trial[] {
  const { resource, role, unnoticed, prepare, change, expectUnnoticed, untilNoticed } = named
  return (['list', 'watch'] as const).map((verb) => ({
    right: `${verb} ${resource}`,
    role,
    without: unnoticed,
    missing: async (scene) => {
      // Its watch begins now.
      await prepare(scene)
      await scene.untilRefused()
      // The list that a watch begins with makes it look once more: a change must not come before that.
      if (verb === 'watch') await scene.untilRead(resource, 2)
      await change(scene)
      await scene.untilRefused()
      await expectUnnoticed(scene)
    },
    mended: untilNoticed,
  }))
}
