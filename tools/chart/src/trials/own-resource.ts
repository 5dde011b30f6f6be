import assert from 'node:assert/strict'
import type { RoleKind, Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'

/** As the Go operator leaves it. */
const FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'

/** Trials of the finalizer and the status of our own resources. */
export function ownResource(
  plural: string,
  { role, make, kept }: { role: RoleKind; make: (scene: TrialScene) => Promise<void>; kept: string },
): Trial[] {
  return [
    {
      right: `patch ${plural}`,
      role,
      without: 'The finalizer that the Go operator has left stays on: who deletes the resource waits for ever.',
      prepare: make,
      missing: async (scene) => {
        await scene.patch(plural, { metadata: { finalizers: [FINALIZER] } })
        await scene.untilRefused()
        assert.equal(await hasFinalizer(scene, plural), true)
      },
      mended: (scene) => scene.until('the finalizer is off', async () => !(await hasFinalizer(scene, plural))),
    },
    {
      right: `patch ${plural}/status`,
      role,
      without: `Nobody is told how it is: there is no Ready condition, only the log. ${kept}`,
      missing: async (scene) => {
        await make(scene)
        await scene.untilRefused()
        assert.equal(await scene.ready(plural, scene.name), undefined)
      },
      mended: (scene) =>
        scene.until('it is Ready', async () => (await scene.ready(plural, scene.name))?.status === 'True'),
    },
  ]
}

async function hasFinalizer(scene: TrialScene, plural: string): Promise<boolean> {
  const { body } = await scene.place.request<{ metadata: { finalizers?: string[] } }>(
    'GET',
    scene.resourcePath(plural, scene.name),
  )
  return body.metadata.finalizers?.includes(FINALIZER) === true
}
