import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { PROVIDER, TestIssuer, useAccess } from '../../testing/access.ts'
import { folderWith, treeOf } from '../../testing/files.ts'
import { entry, externalSecretYaml } from '../../testing/manifests.ts'
import { CANARY, type Ran, run, type RunOptions } from '../../testing/run.ts'

const issuer = new TestIssuer()
const access = useAccess(async () => issuer)
afterEach(() => access.forget())

const PASSWORD = Buffer.from(`${CANARY}-password`)

interface Synced extends Ran {
  readonly tree: Awaited<ReturnType<typeof treeOf>>
}

async function sync(files: Record<string, string>, argv: string[] = [], options: RunOptions = {}): Promise<Synced> {
  const cwd = await folderWith(Object.fromEntries(Object.entries(files).map(([name, text]) => [`in/${name}`, text])))
  const ran = await run(['sync', '-f', 'in', '--out', 'out', ...access.flags, ...argv], { cwd, ...options })
  return { ...ran, tree: ran.code === 2 ? {} : await treeOf(path.join(cwd, 'out')) }
}

async function tokenFolder(token = issuer.token()): Promise<string> {
  return folderWith({ token })
}

function rrsaEnvironment(folder: string): Record<string, string> {
  return {
    ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1234567890123456:role/operator',
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: path.join(folder, 'token'),
  }
}

describe('sync through the stores of the examples', () => {
  it.each([
    ['access-key', 'LTAI5tQuickstart', []],
    ['worker-role', 'assumed-role/KubernetesWorkerRole-demo/', ['--enable-worker-role']],
    ['assume-role', '9876543210987654:assumed-role/shared/', []],
    ['instance-ram', 'LTAI5tInstance', []],
    ['aap', 'KAAP.demo', []],
    ['oos', 'LTAI5tOos', []],
  ])('%s reads as %s', async (name, identity, argv) => {
    const files = { 'manifest.yaml': await access.manifest(name) }
    const more = name === 'aap' ? { 'key.yaml': await access.clientKeySecret() } : {}
    const { code, err, tree } = await sync({ ...files, ...more }, argv)
    expect([code, err, tree]).toEqual([0, '', { [`default/shop-${name}/password`]: PASSWORD }])
    const callers = await access.callers(name === 'oos' ? 'GetSecretParameter' : 'GetSecretValue')
    expect(callers).toEqual([expect.stringContaining(identity)])
  })

  it('rrsa reads as the role of the environment', async () => {
    const env = rrsaEnvironment(await tokenFolder())
    const { code, err, tree } = await sync({ 'manifest.yaml': await access.manifest('rrsa') }, [], { env })
    expect([code, err, tree]).toEqual([0, '', { 'default/shop-rrsa/password': PASSWORD }])
    expect(await access.callers('GetSecretValue')).toEqual([expect.stringContaining('assumed-role/operator/')])
  })

  it('all of them at once, each with its own identity, and failures affect no other store', async () => {
    const names = ['access-key', 'worker-role', 'rrsa', 'rrsa-workload', 'assume-role', 'instance-ram', 'aap', 'oos']
    const manifests = await Promise.all(names.map(async (name) => [`${name}.yaml`, await access.manifest(name)]))
    const files = { ...Object.fromEntries(manifests), 'key.yaml': await access.clientKeySecret() }
    const env = rrsaEnvironment(await tokenFolder())
    // The worker role is for stores only: `--auth` sets the identity of the process.
    const argv = ['--enable-worker-role', '--auth', 'rrsa', '-o', 'json']
    const { code, out, tree } = await sync(files, argv, { env })
    const { resources } = JSON.parse(out) as { resources: { name: string; ready: boolean }[] }
    expect([code, resources.filter(({ ready }) => !ready).map(({ name }) => name)]).toEqual([1, ['shop-rrsa-workload']])
    expect(Object.keys(tree)).toHaveLength(names.length - 1)
  })

  it('render reads with the same identities', async () => {
    const cwd = await folderWith({ 'in.yaml': await access.manifest('worker-role') })
    const argv = ['render', '-f', 'in.yaml', '--show-values', '--enable-worker-role', ...access.flags]
    expect(await run(argv, { cwd, mayShow: true })).toMatchObject({
      code: 0,
      out: expect.stringContaining(`password: ${PASSWORD.toString()} # shop/db v1\n`),
    })
  })
})

describe('sync reports missing objects', () => {
  const message = ({ code, out }: Ran): string => {
    expect(code).toBe(1)
    const { resources } = JSON.parse(out) as { resources: { message: string }[] }
    return resources.map((resource) => resource.message).join('\n')
  }

  it('a cluster, where tokens of a ServiceAccount are needed', async () => {
    const ran = await sync({ 'manifest.yaml': await access.manifest('rrsa-workload') }, ['-o', 'json'])
    expect(message(ran)).toBe(
      'AuthenticationFailed: "shop/db": SecretStore default/rrsa-workload: spec.KMS.KMSAuth.serviceAccountRef: ServiceAccount default/shop: tokens of a ServiceAccount require a cluster; use sync --kube (nothing is written until all keys can be read)',
    )
    expect(ran.err).toBe('')
  })

  it.each([
    ['--enable-worker-role', 'worker-role', /spec\.KMS\.KMSAuth\.workerRole: .* requires --enable-worker-role \(/],
    ['a client key', 'aap', /clientKeyContent: Secret default\/client-key: not in the manifests \(/],
    ['its own identity', 'rrsa', /operator identity, but none is configured: set .*ALIBABA_CLOUD_ROLE_ARN/],
  ])('%s', async (_what, name, expected) => {
    expect(message(await sync({ 'manifest.yaml': await access.manifest(name) }, ['-o', 'json']))).toMatch(expected)
  })

  it('--allow-token-path for a token file, and reads it then', async () => {
    const folder = await tokenFolder()
    const manifest = (await access.manifest('rrsa')).replace(
      'KMS: {}',
      `KMS:\n    KMSAuth:\n      ramRoleARN: acs:ram::1234567890123456:role/operator\n      oidcProviderARN: ${PROVIDER}\n      oidcTokenFilePath: ${folder}/token`,
    )
    const refused = await sync({ 'manifest.yaml': manifest }, ['-o', 'json'])
    expect(message(refused)).toMatch(/spec\.KMS\.KMSAuth\.oidcTokenFilePath: .*--allow-token-path/)
    expect(await access.callers('AssumeRoleWithOIDC')).toEqual([])
    expect(await sync({ 'manifest.yaml': manifest }, ['--allow-token-path', folder])).toMatchObject({ code: 0 })
  })

  it('one identity, if the environment has two and one is needed', async () => {
    const env = { ...rrsaEnvironment('/nowhere'), ACCESS_KEY_ID: 'LTAI5tX', SECRET_ACCESS_KEY: CANARY }
    const clash = 'ACCESS_KEY_ID and ALIBABA_CLOUD_OIDC_PROVIDER_ARN configure two different identities'
    const needed = await sync({ 'manifest.yaml': await access.manifest('rrsa') }, [], { env })
    expect([needed.code, needed.err]).toEqual([2, expect.stringContaining(clash)])
    const other = await sync({ 'manifest.yaml': await access.manifest('access-key') }, [], { env })
    expect([other.code, other.err]).toEqual([
      0,
      expect.stringMatching(/^acksm: warning: .*not needed, so it is not used\n$/),
    ])
  })

  it('an allowed endpoint', async () => {
    const cwd = await folderWith({ 'in.yaml': await access.manifest('instance-ram') })
    const flags = access.flags.slice(0, access.flags.indexOf('--allow-endpoint'))
    const ran = await run(['sync', '-f', 'in.yaml', '--out', 'out', '-o', 'json', ...flags], { cwd })
    expect(message(ran)).toMatch(/dedicatedKMSAuth\.endpoint: .*--allow-endpoint/)
  })
})

describe('a ClusterSecretStore', () => {
  const web = (namespace: string): string =>
    externalSecretYaml(
      'web',
      { data: [{ ...entry('shop/db', 'db'), secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' } }] },
      { namespace },
    )
  const namespace = (name: string, labels: object): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  const store = async (conditions: object[]): Promise<string> => {
    const text = (await access.manifest('access-key')).split('---\n').slice(0, 2).join('---\n')
    return text
      .replace(
        'kind: SecretStore\nmetadata:\n  name: access-key',
        'kind: ClusterSecretStore\nmetadata:\n  name: shared',
      )
      .replaceAll(/( +)name: access-key\n +key/g, '$1name: access-key\n$1namespace: default\n$1key')
      .concat(`  conditions: ${JSON.stringify(conditions)}\n`)
  }

  it('serves the namespaces that it selects, by labels of their manifests', async () => {
    const conditions = [
      { namespaceSelector: { matchLabels: { team: 'shop' } } },
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'named' } } },
    ]
    const { code, out, err, tree } = await sync({
      'store.yaml': await store(conditions),
      'web.yaml': ['one', 'other', 'named', 'unknown'].map(web).join('---\n'),
      'namespaces.yaml': [
        namespace('one', { team: 'shop' }),
        namespace('other', { team: 'else' }),
        namespace('named', {}),
        namespace('unused', { team: 'shop' }),
      ].join('\n---\n'),
    })
    expect([code, Object.keys(tree)]).toEqual([1, ['named/web/db', 'one/web/db']])
    expect(out).toMatch(/other +web +False +StoreNotAllowed .*ClusterSecretStore shared does not admit namespace other/)
    expect(out).toMatch(/unknown +web +False +StoreNotAllowed /)
    expect(err).toBe('acksm: ignored, because no resource references them: Namespace\n')
  })

  it('reads an entry only at the endpoint of the store and at allowed endpoints', async () => {
    const allowing = async (endpoints: readonly string[]): Promise<Synced> => {
      const allow = `  allow: ${JSON.stringify([{ secrets: ['shop/*'], endpoints }])}\n`
      const kmsEndpoint = access.flags[access.flags.indexOf('--endpoint') + 1]?.replace('127.0.0.1', 'localhost') ?? ''
      const secretStoreRef = { name: 'shared', kind: 'ClusterSecretStore' }
      const at = (name: string, more: object): string =>
        externalSecretYaml(
          name,
          { data: [{ ...entry('shop/db', 'db'), secretStoreRef, ...more }] },
          { namespace: 'one' },
        )
      const files = {
        'store.yaml': (await store([{ namespaces: ['one'] }])).concat(allow),
        'web.yaml': [at('own', {}), at('elsewhere', { kmsEndpoint })].join('---\n'),
      }
      return sync(files, ['--allow-endpoint', kmsEndpoint, '-n', 'default'])
    }
    const refused = await allowing([])
    expect([refused.code, refused.tree]).toEqual([1, { 'one/own/db': PASSWORD }])
    expect(refused.out).toMatch(
      /one +elsewhere +False +StoreNotAllowed .*kmsEndpoint: ClusterSecretStore shared does not allow namespace one to read "shop\/db" at localhost:\d+/,
    )
    const allowed = await allowing(['localhost:1', access.flags[1]?.replace('127.0.0.1', 'localhost') ?? ''])
    expect(allowed).toMatchObject({ code: 0, tree: { 'one/own/db': PASSWORD, 'one/elsewhere/db': PASSWORD } })
  })

  it('takes its credential from the namespace that it names', async () => {
    const files = { 'store.yaml': await store([{ namespaces: ['one'] }]), 'web.yaml': web('one') }
    expect(await sync(files, ['-n', 'default'])).toMatchObject({ code: 0, tree: { 'one/web/db': PASSWORD } })
    const { code, out } = await sync({ ...files, 'web.yaml': web('one').replace('shared', 'missing') })
    expect([code, out]).toEqual([1, expect.stringContaining('ClusterSecretStore missing does not exist')])
  })
})

describe('get', () => {
  const get = (argv: string[], env: Record<string, string> = {}): Promise<Ran> =>
    run(['get', ...argv, ...access.flags.slice(0, access.flags.indexOf('--allow-endpoint'))], { env, mayShow: true })
  const KEY = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tQuickstart',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: `quickstart-only-${CANARY}-key`,
  }
  const OOS_KEY = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tOos',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: `oos-only-${CANARY}-key`,
  }

  it.each([
    ['the AccessKey of the environment', [], KEY, 'LTAI5tQuickstart'],
    ['the RAM role of the node', ['--enable-worker-role'], {}, 'assumed-role/KubernetesWorkerRole-demo/'],
    ['that role although there is a key', ['--auth', 'worker-role'], KEY, 'assumed-role/KubernetesWorkerRole-demo/'],
    ['a key although the role is enabled', ['--enable-worker-role', '--auth', 'access-key'], KEY, 'LTAI5tQuickstart'],
  ])('reads as %s', async (_who, argv, env, identity) => {
    expect(await get(['shop/db', ...argv], env)).toMatchObject({ code: 0, out: PASSWORD.toString(), err: '' })
    expect(await access.callers('GetSecretValue')).toEqual([expect.stringContaining(identity)])
  })

  it('prefers the role of the environment to its key', async () => {
    const env = { ...KEY, ...rrsaEnvironment(await tokenFolder()) }
    expect((await get(['shop/db'], env)).err).toMatch(/configure two different identities/)
    expect(await get(['shop/db', '--auth', 'rrsa'], env)).toMatchObject({ code: 0, out: PASSWORD.toString() })
    expect(await access.callers('GetSecretValue')).toEqual([expect.stringContaining('assumed-role/operator/')])
  })

  it('reads a parameter of OOS', async () => {
    expect(await get(['shop-db', '--provider', 'oos'], OOS_KEY)).toMatchObject({ code: 0, out: PASSWORD.toString() })
  })

  it('reads with a client key at an instance', async () => {
    const { file, password } = access.clientKey
    const folder = await folderWith({ 'password.txt': `${password}\n`, 'wrong.txt': `${CANARY}\n` })
    const aap = ['get', 'shop/db', '--auth', 'aap', '--endpoint', access.instance, '--client-key', file]
    const trusting = ['--instance-ca', access.instanceCaFile]
    const right = await run([...aap, '--client-key-password', 'password.txt', ...trusting], {
      cwd: folder,
      mayShow: true,
    })
    expect(right).toMatchObject({ code: 0, out: PASSWORD.toString(), err: '' })
    expect(await access.callers('GetSecretValue')).toEqual([expect.stringContaining('KAAP.demo')])
    const wrong = await run([...aap, '--client-key-password', 'wrong.txt', ...trusting], { cwd: folder })
    expect(wrong).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^acksm: --client-key-password wrong\.txt.*\n$/),
    })
    // Without the CA of this instance its certificate is not trusted.
    const strange = await run([...aap, '--client-key-password', 'password.txt', '--timeout', '2s'], { cwd: folder })
    expect(strange).toMatchObject({ code: 1, out: '' })
  })
})
