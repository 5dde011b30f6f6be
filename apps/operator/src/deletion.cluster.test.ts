import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { expect, it } from 'vitest'
import { type KubeSecret, textsOf } from './testing/cluster-objects.ts'
import { Scene } from './testing/scene.ts'

/** Resources that are deleted at once, and how often; larger in a measurement. */
const COUNT = Number(process.env['DELETION_COUNT'] ?? 20)
const RUNS = Number(process.env['DELETION_RUNS'] ?? 1)
/** The garbage collector discovers new kinds of owners every half minute. */
const COLLECTED = { deadlineMs: 180_000 }
const FINALIZER = 'example.com/theirs'
const MERGE = { contentType: 'application/merge-patch+json' }

type Propagation = 'Orphan' | 'Foreground' | 'Background'

const namesOf = (run: string): string[] => Array.from({ length: COUNT }, (_, index) => `${run}-${index}`)

async function made(scene: Scene, run: string, more: object = {}): Promise<Map<string, KubeSecret>> {
  const names = namesOf(run)
  await Promise.all(names.map((name) => scene.externalSecret(name, { password: 'db' }, more)))
  const secrets = await Promise.all(names.map((name) => scene.untilSecret(name, { password: 'one' }, 120_000)))
  return new Map(names.map((name, index) => [name, secrets[index] as KubeSecret]))
}

const resource = (scene: Scene, name: string): string => scene.resourcePath('externalsecrets', name)

async function setFinalizers(
  scene: Scene,
  names: Iterable<string>,
  finalizers: readonly string[] | null,
): Promise<void> {
  const patch = { metadata: { finalizers } }
  await Promise.all([...names].map((name) => scene.place.request('PATCH', resource(scene, name), patch, MERGE)))
}

async function remove(scene: Scene, names: Iterable<string>, propagationPolicy: Propagation): Promise<void> {
  await Promise.all(
    [...names].map((name) => scene.place.request('DELETE', resource(scene, name), { propagationPolicy })),
  )
}

async function untilGone(scene: Scene, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    const isGone = async (): Promise<boolean> => {
      const { status } = await scene.place.request('GET', resource(scene, name))
      return status === 404
    }
    await until(`ExternalSecret ${name} is gone`, isGone, COLLECTED)
  }
}

async function untilCollected(scene: Scene, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    await until(`Secret ${name} is gone`, async () => (await scene.secret(name)) === undefined, COLLECTED)
  }
}

/** The operator has done what was asked before, and so has the garbage collector. */
async function untilBothHaveActed(scene: Scene, run: string): Promise<void> {
  const name = `${run}-later`
  await scene.externalSecret(name, { password: 'db' })
  await scene.untilReason('externalsecrets', name, 'Synced', 60_000)
  await remove(scene, [name], 'Background')
  await untilCollected(scene, [name])
}

async function expectOrphans(scene: Scene, before: ReadonlyMap<string, KubeSecret>): Promise<void> {
  const lost: string[] = []
  for (const [name, { metadata }] of before) {
    const secret = await scene.secret(name)
    if (secret?.metadata.uid !== metadata.uid) lost.push(name)
    else {
      expect(secret.metadata.ownerReferences).toBeUndefined()
      expect(textsOf(secret)).toEqual({ password: 'one' })
    }
  }
  expect(lost).toEqual([])
}

describeCluster('the deletion of many ExternalSecrets', { timeout: 240_000 + RUNS * 240_000 }, () => {
  const cluster = useCluster()
  const open = (): Promise<Scene> => Scene.open({ ...cluster, secrets: { db: 'one' } })

  it('keeps every Secret with --cascade=orphan', async () => {
    await using scene = await open()
    await (await scene.operator()).leading()
    for (let run = 0; run < RUNS; run += 1) {
      const before = await made(scene, `orphan${run}`)
      await remove(scene, before.keys(), 'Orphan')
      await untilGone(scene, before.keys())
      await untilBothHaveActed(scene, `orphan${run}`)
      await expectOrphans(scene, before)
      process.stdout.write(`run ${run + 1}: ${before.size} orphans, 0 lost\n`)
    }
  })

  it('keeps every Secret with --cascade=orphan while a finalizer of others holds the resources', async () => {
    await using scene = await open()
    await (await scene.operator()).leading()
    const before = await made(scene, 'held')
    await setFinalizers(scene, before.keys(), [FINALIZER])
    await remove(scene, before.keys(), 'Orphan')
    for (const name of before.keys()) {
      const isOrphan = async (): Promise<boolean> => {
        const secret = await scene.secret(name)
        return secret !== undefined && secret.metadata.ownerReferences === undefined
      }
      await until(`Secret ${name} has no owner`, isOrphan, COLLECTED)
    }
    await scene.simulator.put('db', 'two', 'v2')
    await scene.externalSecret('held-later', { password: 'db' })
    await scene.untilSecret('held-later', { password: 'two' }, 60_000)
    await expectOrphans(scene, before)
    await setFinalizers(scene, before.keys(), null)
    await untilGone(scene, before.keys())
    await untilBothHaveActed(scene, 'held')
    await expectOrphans(scene, before)
  })

  it.each<Propagation>(['Foreground', 'Background'])('makes no Secret again with %s', async (propagation) => {
    await using scene = await open()
    await (await scene.operator()).leading()
    const run = propagation.toLowerCase()
    const before = await made(scene, run)
    await setFinalizers(scene, before.keys(), [FINALIZER])
    await remove(scene, before.keys(), propagation)
    // The garbage collector may delete a Secret now, or only when its owner is gone.
    await untilBothHaveActed(scene, `${run}-held`)
    for (const [name, { metadata }] of before) {
      expect([undefined, metadata.uid]).toContain((await scene.secret(name))?.metadata.uid)
    }
    await setFinalizers(scene, before.keys(), null)
    await untilGone(scene, before.keys())
    await untilCollected(scene, before.keys())
    await untilBothHaveActed(scene, run)
    for (const name of before.keys()) expect(await scene.secret(name)).toBeUndefined()
  })
})
