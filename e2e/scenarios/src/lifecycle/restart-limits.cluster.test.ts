import { isDeepStrictEqual } from 'node:util'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { metricValue, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { reportRollout } from './report-rollout.ts'

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'
const RESTARTED_FOR = 'alibabacloud.com/restarted-for'
const HOUR_MS = 3_600_000
const MAX_ATTEMPTS = 5

interface Deployment {
  readonly metadata: { readonly generation: number; readonly annotations?: Readonly<Record<string, string>> }
}

describeCluster('the restart of a workload', { timeout: 400_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess

  const pathOf = (name: string): string => `/apis/apps/v1/namespaces/${cluster.namespace}/deployments/${name}`
  const read = async (name: string): Promise<Deployment> =>
    (await cluster.request<Deployment>('GET', pathOf(name))).body
  const patch = async (path: string, body: object): Promise<void> => {
    expect((await cluster.request('PATCH', path, body)).status).toBe(200)
  }
  async function deployment(name: string): Promise<object> {
    const labels = { app: name }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { selector: { matchLabels: labels }, template }
    await env.applyObject({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec })
    return { kind: 'Deployment', name }
  }
  const progress = (name: string, progressing: 'True' | 'False', reason: string): Promise<void> =>
    reportRollout(cluster.request, pathOf(name), progressing, reason)
  /** Number of changes of its spec. */
  const changesOf = async (name: string): Promise<number> => (await read(name)).metadata.generation - 1
  const untilChanges = (name: string, count: number): Promise<true> =>
    until(`Deployment ${name} is changed ${count} times`, async () => (await changesOf(name)) === count)
  const isDue = async (secret: string): Promise<boolean> =>
    JSON.stringify((await env.secret(secret))?.metadata.annotations ?? {}).includes('restartDue')
  const untilWaiting = (reason: string, count: number): Promise<true> =>
    until(`${count} workloads wait for ${reason}`, async () => {
      return metricValue(await operator.metrics(), `acksm_restarts_waiting{reason="${reason}"}`) === count
    })
  const untilSaid = (text: string): Promise<true> =>
    until(`an event says ${text}`, async () => (await env.visibleObjects()).includes(text))
  const untilHalted = (workload: string, secret: string): Promise<true> =>
    untilSaid(`Deployment ${workload} still uses the previous value of Secret ${secret}: its rollout has failed`)
  // Without leader election, because the next one would have to wait for the Lease.
  const start = async (): Promise<void> => {
    operator = await env.leader('--leader-elect=false')
  }
  const kill = async (): Promise<void> => {
    operator.program.kill('SIGKILL')
    await operator.program.exited
  }

  beforeEach(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one', token: 'one' } } })
    await start()
  })
  afterEach(() => env?.[Symbol.asyncDispose]())

  /** Runs a Deployment with two changed Secrets, and kills the operator before it restarts the Deployment. */
  async function killedBeforeRestart() {
    for (let attempt = 1; ; attempt += 1) {
      const [web, withDb, withToken] = [`web-${attempt}`, `with-db-${attempt}`, `with-token-${attempt}`]
      const secrets = Object.entries({ [withDb]: 'db', [withToken]: 'token' })
      const put = async (value: string): Promise<void> => {
        await Promise.all(secrets.map(([, secret]) => env.simulator.put(secret, value)))
      }
      const untilBoth = async (value: string): Promise<void> => {
        await Promise.all(secrets.map(([name]) => env.untilSecret(name, { password: value })))
      }
      await put(`one-${attempt}`)
      const restart = [{ ...(await deployment(web)), minInterval: '1h' }]
      for (const [name, secret] of secrets) await env.externalSecret(name, { password: secret }, { restart })
      await untilBoth(`one-${attempt}`)
      await put(`two-${attempt}`)
      await untilBoth(`two-${attempt}`)
      // Within the five seconds that collect changes, which a busy machine may miss.
      await kill()
      const state = [await changesOf(web), await isDue(withDb), await isDue(withToken)]
      if (isDeepStrictEqual(state, [0, true, true])) return { web, withDb, withToken }
      expect(attempt, `not killed in time: ${state.join()}`).toBeLessThan(MAX_ATTEMPTS)
      for (const [name] of secrets) await cluster.request('DELETE', env.resourcePath('externalsecrets', name))
      await start()
    }
  }

  it('is one for two Secrets, and keeps minInterval, over kills', async () => {
    const { web, withDb, withToken } = await killedBeforeRestart()
    const isNoneDue = async (): Promise<boolean> => !(await isDue(withDb)) && !(await isDue(withToken))
    // Until the operator knows both changes, which may take longer than the seconds in which it collects them.
    await progress(web, 'False', 'ProgressDeadlineExceeded')
    await start()
    for (const secret of [withDb, withToken]) await untilHalted(web, secret)
    await progress(web, 'True', 'NewReplicaSetAvailable')
    await until('no restart is due', isNoneDue)
    const { metadata } = await read(web)
    expect(metadata.generation).toBe(2)
    expect(Object.keys(JSON.parse(metadata.annotations?.[RESTARTED_FOR] ?? '') as object).toSorted()).toEqual([
      withDb,
      withToken,
    ])

    await env.simulator.put('db', 'three')
    await env.untilSecret(withDb, { password: 'three' })
    await untilWaiting('interval', 1)
    await untilSaid('it restarts after minInterval, at 20')
    await kill()
    await start()
    await untilWaiting('interval', 1)
    expect([await changesOf(web), await isDue(withDb)]).toEqual([1, true])

    // The change of the other Secret comes after the interval, and both are one rollout.
    const before = new Date(Date.now() - 2 * HOUR_MS).toISOString()
    await patch(pathOf(web), { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: before } } } } })
    await progress(web, 'True', 'NewReplicaSetAvailable')
    await env.simulator.put('token', 'three')
    await env.untilSecret(withToken, { password: 'three' })
    await until('no restart is due', isNoneDue)
    expect(await changesOf(web)).toBe(3)
  })

  it('is halted by a failed rollout, over a kill, until it is repaired', async () => {
    const broken = await deployment('broken')
    await progress('broken', 'False', 'ProgressDeadlineExceeded')
    await env.externalSecret('halted', { password: 'db' }, { restart: [broken] })
    await env.untilSecret('halted', { password: 'one' })
    await env.simulator.put('db', 'two', 'v2')
    await env.untilSecret('halted', { password: 'two' })
    await untilHalted('broken', 'halted')
    await untilWaiting('rollout', 1)
    expect([await changesOf('broken'), await env.ready('externalsecrets', 'halted')]).toMatchObject([
      0,
      { status: 'True' },
    ])
    await kill()
    await start()
    await untilWaiting('rollout', 1)
    expect([await changesOf('broken'), await isDue('halted')]).toEqual([0, true])
    await progress('broken', 'True', 'NewReplicaSetAvailable')
    await untilChanges('broken', 1)
    await until('no restart is due', async () => !(await isDue('halted')))
    // Its own rollout has not finished, so the next change waits for it.
    await env.simulator.put('db', 'three', 'v3')
    await untilWaiting('rollout', 1)
    expect(await changesOf('broken')).toBe(1)
    await progress('broken', 'True', 'NewReplicaSetAvailable')
    await untilChanges('broken', 2)
  })

  it('waits for its window', async () => {
    const [open, closed] = [await deployment('open'), await deployment('closed')]
    const hour = (new Date().getUTCHours() + 12) % 24
    const windowOf = (cron: string) => ({ window: { cron, duration: '1h' } })
    const restart = [
      { ...open, ...windowOf('* * * * *') },
      { ...closed, ...windowOf(`0 ${hour} * * *`) },
    ]
    await env.externalSecret('windowed', { password: 'db' }, { restart })
    await env.untilSecret('windowed', { password: 'one' })
    await env.simulator.put('db', 'two', 'v2')
    await untilChanges('open', 1)
    await untilWaiting('window', 1)
    await untilSaid(
      'Deployment closed still uses the previous value of Secret windowed: it restarts when its window opens',
    )
    expect([await changesOf('open'), await changesOf('closed'), await isDue('windowed')]).toEqual([1, 0, true])

    // The Secret is deleted, and then loses its annotations.
    const { uid } = (await env.untilSecret('windowed', { password: 'two' })).metadata
    await cluster.request('DELETE', env.secretPath('windowed'))
    const untilDue = (): Promise<true> => until('the restart is due again', () => isDue('windowed'))
    await untilDue()
    const restored = await env.untilSecret('windowed', { password: 'two' })
    expect(restored.metadata.uid).not.toBe(uid)
    await patch(env.secretPath('windowed'), { metadata: { annotations: null } })
    await untilDue()
    expect([await changesOf('open'), await changesOf('closed')]).toEqual([1, 0])

    // A workload that is deleted while it waits holds nothing up.
    await cluster.request('DELETE', pathOf('closed'))
    await env.simulator.put('db', 'three', 'v3')
    await untilChanges('open', 2)
    await until('no restart is due', async () => !(await isDue('windowed')))
    await untilSaid('Deployment closed does not exist: nothing to restart')
    await untilWaiting('window', 0)
  })
})
