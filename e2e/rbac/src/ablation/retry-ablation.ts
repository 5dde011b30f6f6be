import assert from 'node:assert/strict'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'

/** Two repairs cause the same event twice. */
async function repeated(fixture: AblationFixture): Promise<void> {
  for (const value of ['edited', 'edited again']) {
    await fixture.cluster.request('PATCH', fixture.secretPath(fixture.name), { stringData: { password: value } })
    await fixture.untilCopied()
  }
}

const isCounted = async (fixture: AblationFixture): Promise<boolean> =>
  (await fixture.events('DriftCorrected')).some(({ series }) => (series?.count ?? 0) > 1)

/** Events that repeat. */
export const RETRY_ABLATION: Ablation = {
  permission: 'patch events',
  role: 'namespaces',
  effect: 'A repeated event is written only once, without its count and last time.',
  atStart: true,
  missing: async (fixture) => {
    await fixture.start()
    await fixture.copy()
    await fixture.untilCopied()
    await repeated(fixture)
    // Not after the stop, which drops an event that takes too long.
    await fixture.untilRefused()
    await fixture.stop()
    assert.equal(await isCounted(fixture), false)
  },
  restored: async (fixture) => {
    await (await fixture.start()).leading()
    await repeated(fixture)
    await fixture.until('the repeated event is counted', () => isCounted(fixture))
    await fixture.stop()
  },
}
