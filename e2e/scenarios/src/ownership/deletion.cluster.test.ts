import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type KubeSecret, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

/** Number of resources deleted at once, and repetitions; larger for measurements. */
const COUNT = Number(process.env['DELETION_COUNT'] ?? 20)
const RUNS = Number(process.env['DELETION_RUNS'] ?? 1)
/** The garbage collector discovers new kinds every half minute. */
const COLLECTED = { deadlineMs: 180_000 }
const FINALIZER = 'example.com/theirs'

type Propagation = 'Orphan' | 'Foreground' | 'Background'

const namesOf = (run: string): string[] => Array.from({ length: COUNT }, (_, index) => `${run}-${index}`)

async function made(testEnv: TestEnvironment, run: string, more: object = {}): Promise<Map<string, KubeSecret>> {
  const names = namesOf(run)
  await Promise.all(names.map((name) => testEnv.externalSecret(name, { password: 'db' }, more)))
  const secrets = await Promise.all(names.map((name) => testEnv.untilSecret(name, { password: 'one' }, 120_000)))
  return new Map(names.map((name, index) => [name, secrets[index] as KubeSecret]))
}

const resource = (testEnv: TestEnvironment, name: string): string => testEnv.resourcePath('externalsecrets', name)

async function setFinalizers(
  testEnv: TestEnvironment,
  names: Iterable<string>,
  finalizers: readonly string[] | null,
): Promise<void> {
  const patch = { metadata: { finalizers } }
  await Promise.all([...names].map((name) => testEnv.cluster.request('PATCH', resource(testEnv, name), patch)))
}

async function remove(
  testEnv: TestEnvironment,
  names: Iterable<string>,
  propagationPolicy: Propagation,
): Promise<void> {
  await Promise.all(
    [...names].map((name) => testEnv.cluster.request('DELETE', resource(testEnv, name), { propagationPolicy })),
  )
}

async function untilGone(testEnv: TestEnvironment, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    const isGone = async (): Promise<boolean> => {
      const { status } = await testEnv.cluster.request('GET', resource(testEnv, name))
      return status === 404
    }
    await until(`ExternalSecret ${name} is gone`, isGone, COLLECTED)
  }
}

async function untilCollected(testEnv: TestEnvironment, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    await until(`Secret ${name} is gone`, async () => (await testEnv.secret(name)) === undefined, COLLECTED)
  }
}

/** Waits until operator and garbage collector have processed all earlier changes. */
async function untilBothHaveActed(testEnv: TestEnvironment, run: string): Promise<void> {
  const name = `${run}-later`
  await testEnv.externalSecret(name, { password: 'db' })
  await testEnv.untilReason('externalsecrets', name, 'Synced', 120_000)
  await remove(testEnv, [name], 'Background')
  await untilCollected(testEnv, [name])
}

async function expectOrphans(testEnv: TestEnvironment, before: ReadonlyMap<string, KubeSecret>): Promise<void> {
  const lost: string[] = []
  for (const [name, { metadata }] of before) {
    const secret = await testEnv.secret(name)
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
  const open = (): Promise<TestEnvironment> =>
    TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })

  it('keeps every Secret with --cascade=orphan', async () => {
    await using testEnv = await open()
    await testEnv.leader()
    for (let run = 0; run < RUNS; run += 1) {
      const before = await made(testEnv, `orphan${run}`)
      // What the garbage collector has not seen yet it does not orphan, but deletes.
      await untilBothHaveActed(testEnv, `orphan${run}-seen`)
      await remove(testEnv, before.keys(), 'Orphan')
      await untilGone(testEnv, before.keys())
      await untilBothHaveActed(testEnv, `orphan${run}`)
      await expectOrphans(testEnv, before)
      process.stdout.write(`run ${run + 1}: ${before.size} orphans, 0 lost\n`)
    }
  })

  it('keeps every Secret with --cascade=orphan while a foreign finalizer blocks the deletion', async () => {
    await using testEnv = await open()
    await testEnv.leader()
    const before = await made(testEnv, 'held')
    await untilBothHaveActed(testEnv, 'held-seen')
    await setFinalizers(testEnv, before.keys(), [FINALIZER])
    await remove(testEnv, before.keys(), 'Orphan')
    for (const name of before.keys()) {
      const isOrphan = async (): Promise<boolean> => {
        const secret = await testEnv.secret(name)
        return secret !== undefined && secret.metadata.ownerReferences === undefined
      }
      await until(`Secret ${name} has no owner`, isOrphan, COLLECTED)
    }
    await testEnv.simulator.put('db', 'two', 'v2')
    await testEnv.externalSecret('held-later', { password: 'db' })
    await testEnv.untilSecret('held-later', { password: 'two' }, 120_000)
    await expectOrphans(testEnv, before)
    await setFinalizers(testEnv, before.keys(), null)
    await untilGone(testEnv, before.keys())
    await untilBothHaveActed(testEnv, 'held')
    await expectOrphans(testEnv, before)
  })

  it.each<Propagation>(['Foreground', 'Background'])('recreates no Secret with %s', async (propagation) => {
    await using testEnv = await open()
    await testEnv.leader()
    const run = propagation.toLowerCase()
    const before = await made(testEnv, run)
    await setFinalizers(testEnv, before.keys(), [FINALIZER])
    await remove(testEnv, before.keys(), propagation)
    // The garbage collector may delete a Secret now, or only after its owner.
    await untilBothHaveActed(testEnv, `${run}-held`)
    for (const [name, { metadata }] of before) {
      expect([undefined, metadata.uid]).toContain((await testEnv.secret(name))?.metadata.uid)
    }
    await setFinalizers(testEnv, before.keys(), null)
    await untilGone(testEnv, before.keys())
    await untilCollected(testEnv, before.keys())
    await untilBothHaveActed(testEnv, run)
    for (const name of before.keys()) expect(await testEnv.secret(name)).toBeUndefined()
  })
})
