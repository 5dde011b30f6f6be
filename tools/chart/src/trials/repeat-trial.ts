import assert from 'node:assert/strict'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'

/** Two repairs tell the same twice; the second is written when the operator stops, if not before. */
async function repeated(scene: TrialScene): Promise<void> {
  for (const value of ['edited', 'edited again']) {
    await scene.place.request(
      'PATCH',
      scene.secretPath(scene.name),
      { stringData: { password: value } },
      {
        contentType: 'application/merge-patch+json',
      },
    )
    await scene.untilCopied()
  }
}

const isCounted = async (scene: TrialScene): Promise<boolean> =>
  (await scene.events('DriftCorrected')).some(({ series }) => (series?.count ?? 0) > 1)

/** Events that repeat. */
export const REPEAT_TRIAL: Trial = {
  right: 'patch events',
  role: 'namespaces',
  without: 'An event that repeats is told once, and not how often and until when.',
  atStart: true,
  missing: async (scene) => {
    await scene.start()
    await scene.copy()
    await scene.untilCopied()
    await repeated(scene)
    await scene.stop()
    await scene.untilRefused()
    assert.equal(await isCounted(scene), false)
  },
  mended: async (scene) => {
    await (await scene.start()).leading()
    await repeated(scene)
    await scene.stop()
    assert.equal(await isCounted(scene), true)
  },
}
