import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { proxiedAdmin } from './proxied-admin.ts'

const LEASE = ['--lease-duration', '12s']
const GENERATE = [{ name: 'password', password: {} }]

describeCluster('a standby whose watch is half open', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  /** A leader, and a standby whose requests pass a proxy. */
  async function replicas() {
    const env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    const { proxy, kubeconfigPath } = await proxiedAdmin(env, 'standby')
    const leader = await env.leader(...LEASE)
    const standby = await env.replica({ args: LEASE, kubeconfigPath })
    await standby.standingBy()
    return {
      env,
      proxy,
      standby,
      freeze: async (plural: string): Promise<void> => {
        const watches = await until(`the standby watches ${plural}`, async () => {
          const found = [...proxy.watches].filter(({ path }) => path.endsWith(`/${plural}`))
          return found.length > 0 && found
        })
        for (const watch of watches) watch.freeze()
      },
      /** Kills the leader. Resolves when the standby leads, after `between`. */
      takeOver: async (between: () => Promise<void> = async () => undefined): Promise<void> => {
        leader.program.kill('SIGKILL')
        await between()
        await standby.leading()
      },
      passwordOf: (name: string): Promise<string> =>
        until(`the password of ${name}`, async () => (await env.secret(name))?.data?.['password']),
    }
  }

  it('leads with the current ExternalSecrets: no key of a new one or of a new spec is removed', async () => {
    const { env, freeze, takeOver, passwordOf } = await replicas()
    await using _ = env
    await env.externalSecret('changed', { db: 'db' })
    await env.untilSecret('changed', { db: 'one' })
    await freeze('externalsecrets')

    const metadata = { name: 'merged', namespace: cluster.namespace }
    await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata, data: { theirs: btoa('x') } })
    await env.apply('ExternalSecret', 'merged', { generate: GENERATE, target: { creationPolicy: 'Merge' } })
    await env.externalSecret('changed', { db: 'db' }, { generate: GENERATE })
    const names = ['merged', 'changed']
    const passwords = await Promise.all(names.map(passwordOf))
    await takeOver()
    await env.externalSecret('later', { db: 'db' })
    await env.untilSecret('later', { db: 'one' })
    expect(await Promise.all(names.map(passwordOf))).toEqual(passwords)
  })

  it('removes no key that its outdated spec lacks, also while the API server lists no ExternalSecrets', async () => {
    const { env, proxy, standby, freeze, takeOver, passwordOf } = await replicas()
    await using _ = env
    await env.externalSecret('outdated', { db: 'db' })
    await env.untilSecret('outdated', { db: 'one' })
    await freeze('externalsecrets')
    await env.externalSecret('outdated', { db: 'db' }, { generate: GENERATE })
    const password = await passwordOf('outdated')
    const isList = (path: string, query: URLSearchParams): boolean =>
      path.endsWith('/externalsecrets') && !query.has('fieldSelector')
    proxy.hook = {
      respond: ({ path, query }) => (isList(path, query) ? { status: 500, body: { kind: 'Status' } } : undefined),
    }
    await takeOver()
    const isTried = (line: string): true | undefined =>
      line.includes('/outdated') && /Secret written|is not in the cache/.test(line) ? true : undefined
    await standby.program.line(isTried)
    expect((await env.secret('outdated'))?.data?.['password']).toBe(password)
    proxy.hook = undefined
    await env.simulator.put('db', 'two', 'v2')
    await until('the new spec is synced', async () => (await env.secret('outdated'))?.data?.['db'] === btoa('two'))
    expect(await passwordOf('outdated')).toBe(password)
  })

  it('keeps a generated value when a target moves that its cache of Secrets lacks', async () => {
    const { env, freeze, takeOver, passwordOf } = await replicas()
    await using _ = env
    await freeze('secrets')
    await env.apply('ExternalSecret', 'moved', { generate: GENERATE, target: { name: 'before' } })
    const password = await passwordOf('before')
    await env.untilReason('externalsecrets', 'moved', 'Synced')
    await takeOver(() => env.apply('ExternalSecret', 'moved', { generate: GENERATE, target: { name: 'after' } }))
    expect(await passwordOf('after')).toBe(password)
    await until('the former target is deleted', async () => (await env.secret('before')) === undefined)
  })
})
