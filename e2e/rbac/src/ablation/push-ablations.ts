import assert from 'node:assert/strict'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'namespaces'
const PUSHES = 'pushsecrets'
const FINALIZER = 'alibabacloud.com/pushed-secrets'

/** A Secret, and the PushSecret that pushes it. */
async function push(fixture: AblationFixture, more: object = {}): Promise<void> {
  const { name } = fixture
  await fixture.putSecret(`${name}-source`, { value: 'pushed' })
  const selector = { name: `${name}-source` }
  await fixture.apply('PushSecret', name, {
    secretStoreRef: { name: 'push' },
    selector,
    data: [{ key: `pushed/${name}`, secretKey: 'value' }],
    ...more,
  })
}

const isPushed = async ({ environment, name }: AblationFixture): Promise<boolean> => {
  const response = await fetch(new URL(`/secrets/pushed/${name}`, environment.simulator.ready.control))
  return response.ok
}
const untilPushed = (fixture: AblationFixture): Promise<void> => fixture.until('it is pushed', () => isPushed(fixture))
const expectNotPushed = async (fixture: AblationFixture): Promise<void> => assert.equal(await isPushed(fixture), false)

/** PushSecrets, with `command.processPushSecret`. */
export const PUSH_ABLATIONS: readonly Ablation[] = [
  {
    permission: `list ${PUSHES}`,
    role,
    effect: 'PushSecrets push nothing; everything else works.',
    atStart: true,
    missing: async (fixture) => {
      await push(fixture)
      await (await fixture.start()).leading()
      await fixture.untilRefused()
      await expectNotPushed(fixture)
    },
    restored: untilPushed,
  },
  ...watchedCollection({
    resource: PUSHES,
    role,
    unnoticed: 'PushSecrets that are created or changed after the start are not noticed.',
    change: (fixture) => push(fixture),
    expectUnnoticed: expectNotPushed,
    untilNoticed: untilPushed,
  }).filter(({ permission }) => permission.startsWith('watch')),
  {
    permission: `patch ${PUSHES}`,
    role,
    effect:
      'A PushSecret with `deletionPolicy: Delete` pushes nothing, because it cannot get its finalizer; one that has it cannot be deleted.',
    missing: async (fixture) => {
      await push(fixture, { deletionPolicy: 'Delete' })
      await fixture.untilRefused()
      await expectNotPushed(fixture)
    },
    restored: async (fixture) => {
      await untilPushed(fixture)
      const { body } = await fixture.cluster.request<{ metadata: { finalizers?: string[] } }>(
        'GET',
        fixture.resourcePath(PUSHES, fixture.name),
      )
      assert.deepEqual(body.metadata.finalizers, [FINALIZER])
    },
  },
  {
    permission: `patch ${PUSHES}/status`,
    role,
    effect: 'PushSecrets push nothing, because they cannot record what they write; only the log shows why.',
    missing: async (fixture) => {
      await push(fixture)
      await fixture.untilRefused()
      await expectNotPushed(fixture)
    },
    restored: untilPushed,
  },
]
