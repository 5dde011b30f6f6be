import assert from 'node:assert/strict'
import type { RoleKind, Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'

/** Resources that are listed and watched from the start. */
export interface WatchedCollection {
  readonly resource: string
  readonly role: RoleKind
  /** Changes that are missed without a watch, for the reference page. */
  readonly unnoticed: string
  readonly prepare?: (fixture: AblationFixture) => Promise<void>
  /** Makes a change that the watch would deliver. */
  readonly change: (fixture: AblationFixture) => Promise<void>
  /** Asserts that the change is not noticed. */
  readonly expectUnnoticed: (fixture: AblationFixture) => Promise<void>
  readonly untilNoticed: (fixture: AblationFixture) => Promise<void>
}

/** Ablations of `list` and `watch` on the resources that the operator must know before it leads. */
export function watchedCollection(collection: WatchedCollection): Ablation[] {
  const { resource } = collection
  return [listOf(collection), watchOf(collection)].map((ablation) => ({
    ...ablation,
    permission: `${ablation.permission} ${resource}`,
  }))
}

function listOf({ role }: WatchedCollection): Ablation {
  return {
    permission: 'list',
    role,
    effect: 'The operator does not become ready and never leads: `/readyz` says `caches not synced`.',
    atStart: true,
    missing: async (fixture) => {
      await fixture.start()
      await fixture.untilRefused()
      assert.match(await fixture.readyz(), /caches not synced/)
    },
    restored: (fixture) => fixture.operator.leading(),
  }
}

function watchOf({ resource, role, unnoticed, prepare, change, ...expected }: WatchedCollection): Ablation {
  // Requests for all namespaces, without requests for single objects.
  const path = `/${resource}"`
  return {
    permission: 'watch',
    role,
    effect: unnoticed,
    atStart: true,
    ...(prepare && { prepare }),
    missing: async (fixture) => {
      await (await fixture.start()).leading()
      await fixture.untilRefused({ path })
      await change(fixture)
      await fixture.untilRefused({ path, times: 2 })
      await expected.expectUnnoticed(fixture)
    },
    restored: (fixture) => expected.untilNoticed(fixture),
  }
}

/** Ablations of `list` and `watch` by name, for objects that resources refer to: changes are not noticed at once. */
export function namedObjects(
  named: Omit<WatchedCollection, 'prepare'> & Required<Pick<WatchedCollection, 'prepare'>>,
): Ablation[] {
  const { resource, role, unnoticed, prepare, change, expectUnnoticed, untilNoticed } = named
  return (['list', 'watch'] as const).map((verb) => ({
    permission: `${verb} ${resource}`,
    role,
    effect: unnoticed,
    missing: async (fixture) => {
      // This starts its watch.
      await prepare(fixture)
      await fixture.untilRefused()
      // The initial list of a watch triggers another reconcile: the change must come after it.
      if (verb === 'watch') await fixture.untilRead(resource, 2)
      await change(fixture)
      await fixture.untilRefused()
      await expectUnnoticed(fixture)
    },
    restored: untilNoticed,
  }))
}
