import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type OperatorProcess, TestEnvironment } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Ran, run, start } from '../testing/run.ts'
import { kubeconfigOfUser, READS } from '../testing/user-kubeconfig.ts'

interface Live {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: { readonly suspend?: boolean }
  readonly status: { readonly lastHandledRefresh?: string }
}

describeCluster('refresh, suspend and resume', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess

  beforeAll(async () => {
    const seed = { secrets: { db: 'one', token: 'one' } }
    env = await TestEnvironment.start({ controlPlane: cluster, seed })
    // No read happens without a request.
    operator = await env.leader('--disable-polling')
    await env.externalSecret('web', { password: 'db' })
    await env.externalSecret('api', { token: 'token' })
    await env.untilSecret('web', { password: 'one' })
    await env.untilSecret('api', { token: 'one' })
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  const acksm = (...argv: string[]): Promise<Ran> => run([...argv, '--kubeconfig', cluster.kubeconfigPath])
  const here = (...argv: string[]): Promise<Ran> => acksm(...argv, '-n', cluster.namespace)
  /** Other files of this API server have operators of their own. */
  const refresh = (...argv: string[]): Promise<Ran> =>
    here('refresh', ...argv, '--operator-namespace', cluster.namespace)
  const live = async (name: string): Promise<Live> =>
    (await cluster.request<Live>('GET', env.resourcePath('externalsecrets', name))).body
  const label = (name: string): string => `ExternalSecret ${cluster.namespace}/${name}`

  it('waits until the new value is written', async () => {
    await env.simulator.put('db', 'two')
    expect(await refresh('web', '--wait')).toMatchObject({
      code: 0,
      out: `✓ ${label('web')}: refreshed, 1 key up to date\n`,
      err: '',
    })
    // Asserted without waiting: the value was there when the command ended.
    const secret = await env.secret('web')
    expect(Buffer.from(secret?.data?.['password'] ?? '', 'base64').toString()).toBe('two')
    const { metadata, status } = await live('web')
    expect(status.lastHandledRefresh).toBe(metadata.annotations?.['alibabacloud.com/refresh-now'])
  })

  it('is confirmed by a later request of another user', async () => {
    const results = await Promise.all([refresh('web', '--wait'), refresh('web', '--wait')])
    expect(results.map(({ code }) => code)).toEqual([0, 0])
  })

  it('refreshes everything that uses a store, and prints one document', async () => {
    await env.simulator.put('token', 'two')
    const { code, out } = await acksm('refresh', `store/${cluster.namespace}/kms`, '--wait', '-o', 'json')
    const { resources } = JSON.parse(out) as { resources: { name: string }[] }
    const done = {
      kind: 'ExternalSecret',
      namespace: cluster.namespace,
      result: 'done',
      message: 'refreshed, 1 key up to date',
    }
    expect([code, resources.toSorted((a, b) => (a.name < b.name ? -1 : 1))]).toEqual([
      0,
      [
        { ...done, name: 'api' },
        { ...done, name: 'web' },
      ],
    ])
    await env.untilSecret('api', { token: 'two' }, 0)
  })

  it('fails with the reason of the status', async () => {
    await env.externalSecret('lost', { password: 'no-such-secret' })
    const { code, out } = await refresh('lost', '--wait')
    expect(code).toBe(1)
    expect(out).toMatch(new RegExp(`^✗ ${label('lost')}: SecretNotFound: .*no-such-secret.*\n$`))
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'lost'))
  })

  it('does not confirm during an outage of KMS, and ends at its deadline', async () => {
    await env.simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
    try {
      const { code, out } = await refresh('web', '--wait', '--timeout', '8s')
      expect([code, out]).toEqual([
        1,
        `✗ ${label('web')}: not confirmed within 8 s: Ready is still that of the read before the request\n`,
      ])
    } finally {
      await env.simulator.control('DELETE', '/faults')
    }
  })

  it('suspends and resumes, and does not wait for a suspended one', async () => {
    expect(await here('suspend', 'web', '--dry-run')).toMatchObject({
      code: 0,
      out: `✓ ${label('web')}: suspended (dry run)\n`,
    })
    expect((await live('web')).spec.suspend).toBeUndefined()
    expect(await here('suspend', 'web')).toMatchObject({ code: 0, out: `✓ ${label('web')}: suspended\n` })
    expect((await live('web')).spec.suspend).toBe(true)
    expect(await here('suspend', 'web')).toMatchObject({ code: 0, out: `- ${label('web')}: is already suspended\n` })
    const before = (await live('web')).metadata.annotations
    expect(await refresh('web', '--wait')).toMatchObject({
      code: 1,
      out: `✗ ${label('web')}: is suspended; resume it first: acksm resume ${cluster.namespace}/web\n`,
    })
    expect((await live('web')).metadata.annotations).toEqual(before)
    expect(await acksm('resume', `es/${cluster.namespace}/web`)).toMatchObject({
      code: 0,
      out: `✓ ${label('web')}: resumed\n`,
    })
    expect((await live('web')).spec.suspend).toBeUndefined()
    expect(await here('resume', 'store/kms')).toMatchObject({
      code: 0,
      out: `- ${label('api')}: is not suspended\n- ${label('web')}: is not suspended\n`,
    })
  })

  it('suspends a ClusterExternalSecret, not the ExternalSecrets that it creates', async () => {
    const name = `shared-${cluster.namespace}`
    await env.apply('ClusterExternalSecret', name, {
      conditions: [{ namespaces: [cluster.namespace] }],
      externalSecretName: 'shared',
      externalSecretSpec: { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] },
    })
    try {
      await env.untilSecret('shared', { password: 'two' })
      expect(await here('suspend', 'shared')).toMatchObject({
        code: 1,
        out: `✗ ${label('shared')}: belongs to ClusterExternalSecret ${name}; suspend that: acksm suspend ces/${name}\n`,
      })
      expect(await acksm('suspend', `ces/${name}`)).toMatchObject({
        code: 0,
        out: `✓ ClusterExternalSecret ${name}: its ExternalSecrets are suspended\n`,
      })
      await env.untilReason('externalsecrets', 'shared', 'Suspended')
      expect((await acksm('resume', `ces/${name}`)).code).toBe(0)
      // The operator resumes its ExternalSecrets after the command has ended.
      await env.untilReason('externalsecrets', 'shared', 'Synced')
      expect(await acksm('refresh', `ces/${name}`, '--wait', '--operator-namespace', cluster.namespace)).toMatchObject({
        code: 0,
        err: '',
      })
    } finally {
      await cluster.request('DELETE', env.resourcePath('clusterexternalsecrets', name))
    }
  })

  it('says which permission is missing, and changes nothing', async () => {
    const kubeconfig = await kubeconfigOfUser(cluster, 'reader', [READS])
    // The operator may still have to write what earlier tests have caused. It writes nothing after the last request.
    expect((await refresh('web', '--wait')).code).toBe(0)
    const before = await live('web')
    for (const verb of ['refresh', 'suspend']) {
      const { code, out } = await run([verb, 'web', '--kubeconfig', kubeconfig])
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(`^✗ ${label('web')}: patch externalsecrets \\S+: 403 Forbidden: .*cannot patch.*\n$`),
        ),
      ])
    }
    expect((await live('web')).metadata).toEqual(before.metadata)
    expect((await live('web')).spec).toEqual(before.spec)
    const { code, err } = await run(['refresh', '-A', '--kubeconfig', kubeconfig])
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^acksm: ExternalSecrets in all namespaces: .*cannot list.*\n$/),
    ])
  })

  it.each([
    ['get', 'patch'],
    ['get', 'list', 'patch'],
  ])('polls for a user who may only %s, %s %s', async (...verbs) => {
    const who = await kubeconfigOfUser(cluster, verbs.join('-'), [{ ...READS, verbs }])
    // The request must not be handled before the wait begins.
    await env.simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
    onTestFinished(async () => void (await env.simulator.control('DELETE', '/faults')))
    const unhandled = await run(['refresh', 'web', '--wait', '--timeout', '8s', '--kubeconfig', who])
    expect([unhandled.code, unhandled.out]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^✗ ${label('web')}: not confirmed within 8 s: `)),
    ])
    await env.simulator.control('DELETE', '/faults')
    expect(await run(['refresh', 'web', '--wait', '--kubeconfig', who])).toMatchObject({
      code: 0,
      out: `✓ ${label('web')}: refreshed, 1 key up to date\n`,
    })
  })

  it.each([
    [['refresh', 'nothing'], 1, /^acksm: ExternalSecret \S+\/nothing: not found\n$/],
    [['suspend', 'store/nothing'], 1, /^acksm: SecretStore \S+\/nothing: not found\n$/],
    [['refresh', '-l', 'team=none'], 0, 'acksm: no ExternalSecret matches; nothing to refresh\n'],
    [
      ['suspend', '-l', 'a==b=c'],
      2,
      /^acksm: ExternalSecrets in namespace \S+: list externalsecrets .*: 400 BadRequest.*\n$/,
    ],
  ])('acksm %j', async (argv, exitCode, message) => {
    const { code, err, out } = await here(...argv)
    if (typeof message === 'string') expect(err).toBe(message)
    else expect(err).toMatch(message)
    expect([code, out]).toEqual([exitCode, ''])
  })

  it('says that no operator runs, and ends when it is interrupted', async () => {
    await operator.stop()
    const home = ['--operator-namespace', cluster.namespace]
    const options = ['refresh', 'web', '-n', cluster.namespace, '--kubeconfig', cluster.kubeconfigPath, ...home]
    const { code, out, err } = await run(options)
    expect([code, out]).toEqual([0, `✓ ${label('web')}: refresh requested\n`])
    expect(err).toMatch(
      /^acksm: warning: no operator seems to run: .*; the next one that starts will handle the request\n$/,
    )
    const waiting = start([...options, '--wait'])
    await waiting.err.until(/no operator seems to run/)
    waiting.stop('SIGINT')
    expect(await waiting.done).toMatchObject({ code: 130, out: '' })
    const other = start([
      'refresh',
      'api',
      '-n',
      cluster.namespace,
      '--kubeconfig',
      cluster.kubeconfigPath,
      '--wait',
      ...home,
    ])
    await other.err.until(/no operator seems to run/)
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'api'))
    expect(await other.done).toMatchObject({ code: 1, out: `✗ ${label('api')}: was deleted\n` })
    // The next one handles the request.
    await env.simulator.put('db', 'three')
    await env.leader('--disable-polling')
    await env.untilSecret('web', { password: 'three' })
  })
})
