import assert from 'node:assert/strict'
import type { RoleKind, Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'

/** State that the Go operator leaves. */
const FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'

/** Ablations of the finalizer and the status of our own resources. */
export function ownResource(
  plural: string,
  { role, make, kept }: { role: RoleKind; make: (fixture: AblationFixture) => Promise<void>; kept: string },
): Ablation[] {
  return [
    {
      permission: `patch ${plural}`,
      role,
      effect: 'The finalizer of the Go operator stays and blocks the deletion of the resource forever.',
      prepare: make,
      missing: async (fixture) => {
        await fixture.patch(plural, { metadata: { finalizers: [FINALIZER] } })
        await fixture.untilRefused()
        assert.equal(await hasFinalizer(fixture, plural), true)
      },
      restored: (fixture) => fixture.until('the finalizer is off', async () => !(await hasFinalizer(fixture, plural))),
    },
    {
      permission: `patch ${plural}/status`,
      role,
      effect: `The resource has no Ready condition; only the log shows its state. ${kept}`,
      missing: async (fixture) => {
        await make(fixture)
        await fixture.untilRefused()
        assert.equal(await fixture.ready(plural, fixture.name), undefined)
      },
      restored: (fixture) =>
        fixture.until('it is Ready', async () => (await fixture.ready(plural, fixture.name))?.status === 'True'),
    },
  ]
}

async function hasFinalizer(fixture: AblationFixture, plural: string): Promise<boolean> {
  const { body } = await fixture.cluster.request<{ metadata: { finalizers?: string[] } }>(
    'GET',
    fixture.resourcePath(plural, fixture.name),
  )
  return body.metadata.finalizers?.includes(FINALIZER) === true
}
