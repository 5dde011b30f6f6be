import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { type ConnectProxy, startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { CANARY, type Ran, run } from '../testing/run.ts'
import { KEY, KEY_ENV } from '../testing/kms.ts'
import { manualTime } from '../testing/manual-time.ts'

const ROLE = 'acs:ram::1234567890123456:role/shop'
const KMS = 'kms.cn-hangzhou.aliyuncs.com'
const STS = 'sts.cn-hangzhou.aliyuncs.com'
const GLOBAL_STS = 'sts.aliyuncs.com'
const OOS = 'oos.cn-hangzhou.aliyuncs.com'
const INSTANCE = 'kst-demo.cryptoservice.kms.aliyuncs.com'
const CREDENTIALS = { user: 'me', password: `${CANARY}:@proxy` }

let simulator: Simulator
let proxy: ConnectProxy
let instanceCa = ''

beforeAll(async () => {
  const certificate = await issueServerCertificate([KMS, STS, GLOBAL_STS, OOS, '127.0.0.1'])
  const instanceCertificate = await issueServerCertificate([INSTANCE])
  instanceCa = instanceCertificate.rootPem
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  const all = [{ actions: ['*'], resources: ['*'] }]
  simulator = await startSimulator({
    certificate,
    instanceCertificate,
    seed: {
      accessKeys: [{ ...KEY, allow: all }],
      roles: [
        { name: 'shop', trust: { accessKeys: [KEY.id] }, allow: all },
        { name: 'node', trust: { ecs: true }, allow: all },
      ],
      metadata: { role: 'node' },
      instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: `${CANARY}-pw`, secrets: ['*'] }] }],
      parameters: [{ name: 'app-token', value: 'parameter' }],
      secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'value' }] }],
    },
  })
  const host = (service: 'kms' | 'sts' | 'oos' | 'instance'): string => new URL(simulator[service] ?? '').host
  proxy = await startConnectProxy({
    credentials: CREDENTIALS,
    routes: {
      [`${KMS}:443`]: host('kms'),
      [`${STS}:443`]: host('sts'),
      [`${GLOBAL_STS}:443`]: host('sts'),
      [`${OOS}:443`]: host('oos'),
      [`${INSTANCE}:443`]: host('instance'),
    },
  })
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await simulator.close()
})
beforeEach(() => proxy.forget())

/** URL of the proxy with these credentials. */
function urlOf({ endpoint }: Pick<ConnectProxy, 'endpoint'>, { user, password } = CREDENTIALS): string {
  return `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${endpoint}`
}

async function get(argv: readonly string[], env: Record<string, string>): Promise<Ran> {
  return run(['get', ...argv], { env: { HTTPS_PROXY: urlOf(proxy), ...env } })
}

const profileHome = async (fields: object): Promise<string> =>
  folderWith({ '.aliyun/config.json': JSON.stringify({ current: 'p', profiles: [{ name: 'p', ...fields }] }) })
const KEY_FIELDS = { access_key_id: KEY.id, access_key_secret: KEY.secret }

it.each<[what: string, argv: string[], env: Record<string, string>, hosts: string[]]>([
  ['KMS', ['app/db'], KEY_ENV, [KMS]],
  ['OOS', ['app-token', '--provider', 'oos'], KEY_ENV, [OOS]],
  ['STS, for a role', ['app/db'], { ...KEY_ENV, ALIBABA_CLOUD_ROLE_ARN: ROLE }, [STS, KMS]],
])('reads from %s through a proxy with a password', async (_what, argv, env, hosts) => {
  const { code, out, err } = await get(argv, env)
  expect([code, err, out]).toEqual([0, '', argv.includes('oos') ? 'parameter' : 'value'])
  expect(proxy.seen).toEqual(hosts.map((host) => `${host}:443 200`))
})

it('assumes the role of a profile through it, with the official SDK', async () => {
  const home = await profileHome({ mode: 'RamRoleArn', ...KEY_FIELDS, ram_role_arn: ROLE, ram_session_name: 'laptop' })
  const { code, out, err } = await get(['app/db'], { HOME: home })
  expect([code, out, err]).toEqual([0, 'value', expect.stringMatching(/^acksm: using profile p of .*\n$/)])
  expect(proxy.seen).toEqual([`${GLOBAL_STS}:443 200`, `${KMS}:443 200`])
})

it('reads from a KMS instance through it, with a client key', async () => {
  const folder = await folderWith({ 'ca.pem': instanceCa, password: `${CANARY}-pw` })
  const key = simulator.clientKeys['KAAP.demo']?.file ?? ''
  const files = ['--client-key', key, '--client-key-password', path.join(folder, 'password')]
  const argv = ['app/db', '--auth', 'aap', '--endpoint', 'kst-demo', '--instance-ca', path.join(folder, 'ca.pem')]
  expect(await get([...argv, ...files], {})).toMatchObject({ code: 0, out: 'value' })
  expect(proxy.seen).toEqual([`${INSTANCE}:443 200`])
})

it.each([
  ['the worker role', ['--auth', 'worker-role'], {}],
  ['the default chain', ['--auth', 'default'], { ALIBABA_CLOUD_ECS_METADATA_DISABLED: '' }],
])('never asks the metadata service through it: %s', async (_what, flags, env) => {
  const argv = ['app/db', '--metadata-endpoint', simulator.metadata ?? '', ...flags]
  expect(await get(argv, { HTTP_PROXY: urlOf(proxy), ...env })).toMatchObject({ code: 0, out: 'value' })
  expect(proxy.seen).toEqual([`${KMS}:443 200`])
})

it('renders manifests through it: a store with a role, and an instance', async () => {
  const auth = { accessKey: { name: 'k', key: 'id' }, accessKeySecret: { name: 'k', key: 'secret' }, ramRoleARN: ROLE }
  const api = { apiVersion: 'alibabacloud.com/v1alpha1' }
  const objects = [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'k' }, stringData: { id: KEY.id, secret: KEY.secret } },
    { ...api, kind: 'SecretStore', metadata: { name: 'kms' }, spec: { KMS: { KMSAuth: auth } } },
    {
      ...api,
      kind: 'ExternalSecret',
      metadata: { name: 'web' },
      spec: { data: [{ key: 'app/db', name: 'db', secretStoreRef: { name: 'kms' } }] },
    },
  ]
  const folder = await folderWith({})
  await writeFile(path.join(folder, 'in.yaml'), objects.map((object) => JSON.stringify(object)).join('\n---\n'))
  const env = { HTTPS_PROXY: urlOf(proxy) }
  expect(await run(['render', '-f', 'in.yaml'], { cwd: folder, env })).toMatchObject({ code: 0 })
  expect(proxy.seen).toEqual([`${STS}:443 200`, `${KMS}:443 200`])
})

describe.each([
  ['', []],
  [', also after a reset', ['ListSecrets', 'DescribeSecret', 'GetSecretValue']],
])('reaches KMS through it alone%s', (_when, cut) => {
  it.each<[argv: string[], stdin: string | undefined, out: RegExp]>([
    [['list', 'app/*'], undefined, /app\/db/],
    [['put', 'app/db', '--yes'], 'value', /is ACSCurrent/],
    [['edit', 'app/edited', '--yes'], undefined, /is ACSCurrent/],
    [['exec', '--get', 'VALUE=app/db', '--', 'true'], undefined, /^$/],
  ])('%j', async (argv, stdin, out) => {
    const control = simulatorControl(simulator.control)
    await control('PUT', '/secrets/app/edited', { data: 'before' })
    for (const action of cut) await control('POST', '/faults', { fault: 'reset', count: 1, match: { action } })
    const cwd = await folderWith({ 'editor.sh': 'echo "after $$" > "$1"\n' })
    const env = { ...KEY_ENV, HTTPS_PROXY: urlOf(proxy), EDITOR: `sh ${cwd}/editor.sh`, PATH: process.env['PATH'] }
    const ran = await run([...argv, '--timeout', '60s'], { cwd, env, ...(stdin === undefined ? {} : { stdin }) })
    await control('DELETE', '/faults')
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(out) })
    // The names lead nowhere without the proxy.
    expect(proxy.seen.length).toBeGreaterThan(cut.length > 0 ? 1 : 0)
    expect(new Set(proxy.seen)).toEqual(new Set([`${KMS}:443 200`]))
  })
})

it.each([
  ['the loopback address', () => ({ endpoint: new URL(simulator.kms).host, env: {} })],
  ['NO_PROXY with a host', () => ({ endpoint: KMS, env: { NO_PROXY: KMS } })],
  ['NO_PROXY with a suffix', () => ({ endpoint: KMS, env: { no_proxy: '.aliyuncs.com' } })],
  ['NO_PROXY with a port', () => ({ endpoint: `${KMS}:443`, env: { NO_PROXY: `${KMS}:443` } })],
  ['NO_PROXY with a range', () => ({ endpoint: '192.0.2.1', env: { NO_PROXY: '192.0.2.0/24' } })],
])('connects directly: %s', async (_what, of) => {
  const { endpoint, env } = of()
  await run(['get', 'app/db', '--endpoint', endpoint, '--timeout', '1s'], {
    env: { ...KEY_ENV, HTTPS_PROXY: urlOf(proxy), ...env },
  })
  expect(proxy.seen).toEqual([])
})

it.each<[what: string, env: () => Promise<Record<string, string>> | Record<string, string>, message: RegExp]>([
  [
    'a wrong password',
    () => ({ HTTPS_PROXY: urlOf(proxy, { user: 'me', password: `${CANARY}-wrong` }) }),
    /the proxy 127\.0\.0\.1:\d+ requires a valid user and password: check HTTPS_PROXY \(HTTP 407\)\n$/,
  ],
  [
    'no password',
    () => ({ HTTPS_PROXY: `http://${proxy.endpoint}` }),
    /requires a valid user and password: check HTTPS_PROXY \(HTTP 407\)\n$/,
  ],
  [
    'a host that it refuses',
    () => ({ HTTPS_PROXY: urlOf(proxy), ACKSM_REGION: 'cn-beijing' }),
    /the proxy 127\.0\.0\.1:\d+ refuses to connect to it \(HTTP 403\)\n$/,
  ],
  [
    'no proxy there',
    () => ({ HTTPS_PROXY: `http://me:${CANARY}@127.0.0.1:1` }),
    /the proxy 127\.0\.0\.1:1 cannot be used: check HTTPS_PROXY \(ECONNREFUSED\)\n$/,
  ],
])('reports %s in one line without the password', async (_what, envOf, message) => {
  const started = Date.now()
  const home = await profileHome({ mode: 'AK', ...KEY_FIELDS })
  const { code, out, err } = await run(['get', 'app/db', '--timeout', '6s'], {
    env: { ...KEY_ENV, HOME: home, ...(await envOf()) },
  })
  expect([code, out, err.split('\n').length]).toEqual([1, '', 2])
  expect(err).toMatch(message)
  expect(err).toContain('at kms.cn-')
  expect(Date.now() - started).toBeLessThan(30_000)
})

describe.each([
  ['a wrong password', 407, () => ({ HTTPS_PROXY: urlOf(proxy, { user: 'me', password: `${CANARY}-wrong` }) })],
  ['a host that it refuses', 403, () => ({ HTTPS_PROXY: urlOf(proxy), ACKSM_REGION: 'cn-beijing' })],
])('asks a proxy once: %s', (_what, status, envOf) => {
  it.each<[argv: string[], stdin: string | undefined]>([
    [['get', 'app/db'], undefined],
    [['list', 'app/*'], undefined],
    [['put', 'app/db', '--yes'], 'value'],
    [['render', '-f', 'in.yaml'], undefined],
    [['exec', '--get', 'VALUE=app/db', '--', 'true'], undefined],
    [['get', 'app/db', '--profile', 'p'], undefined],
    [['render', '-f', 'in.yaml', '--profile', 'p'], undefined],
  ])('%j', { timeout: 90_000 }, async (argv, stdin) => {
    const profile = { ...KEY_FIELDS, ram_role_arn: ROLE, ram_session_name: 'laptop' }
    const cwd = await profileHome({ mode: 'RamRoleArn', ...profile })
    const data = [{ key: 'app/db', name: 'db' }]
    const object = {
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      metadata: { name: 'web' },
      spec: { data },
    }
    await writeFile(path.join(cwd, 'in.yaml'), JSON.stringify(object))
    const key = argv.includes('--profile') ? {} : KEY_ENV
    const env = { ...key, HOME: cwd, ...envOf() }
    const { code, err } = await run([...argv, '--timeout', '60s'], {
      cwd,
      env,
      ...(stdin === undefined ? {} : { stdin }),
    })
    expect([code, err]).toEqual([1, expect.stringContaining(`(HTTP ${status})`)])
    expect(proxy.seen.filter((seen) => !seen.endsWith(' 200'))).toEqual([
      expect.stringMatching(new RegExp(` ${status}$`)),
    ])
  })
})

/** Of the metadata service, for which the SDK waits two seconds. */
const DELAY_MS = 1_200

it('takes no longer than --timeout for the role of the machine and the value together', async () => {
  const clock = manualTime()
  const slow = createServer((request, response) => {
    const { method = 'GET', url = '' } = request
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('x-'))
    void clock
      .advance(DELAY_MS)
      .then(() => {
        const sent = Object.fromEntries(headers.map(([name, value]) => [name, String(value)]))
        return fetch(`${simulator.metadata}${url}`, { method, headers: sent })
      })
      .then(async (found) => response.writeHead(found.status).end(await found.text()))
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => {
    slow.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void slow.close())
  const metadata = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
  const env = { HTTPS_PROXY: urlOf(proxy), ALIBABA_CLOUD_ECS_METADATA_DISABLED: '' }
  const control = simulatorControl(simulator.control)
  await control('POST', '/faults', { match: { action: 'GetSecretValue' }, fault: 'hang' })
  onTestFinished(async () => void (await control('DELETE', '/faults')))
  await control('DELETE', '/calls')
  let hasEnded = false
  const argv = ['get', 'app/db', '--auth', 'default', '--metadata-endpoint', metadata, '--timeout', '10s']
  const ran = run(argv, { env }).finally(() => (hasEnded = true))
  const reads = (): Promise<unknown> => control('GET', '/calls?action=GetSecretValue')
  await vi.waitFor(async () => expect(await reads()).toMatchObject({ total: 1 }), 60_000)
  expect(clock.monotonic()).toBeGreaterThanOrEqual(DELAY_MS)
  await clock.advance(9_999 - clock.monotonic())
  expect(hasEnded).toBe(false)
  await clock.advance(1)
  const { code, err } = await ran
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/using .*role.*\nacksm: reading app\/db from [^ ]+: no response within 10 s\n$/),
  ])
})

it('does not wait longer than its deadline for a proxy that hangs', async () => {
  await using silent = await startConnectProxy({ hangs: true })
  const env = { ...KEY_ENV, HTTPS_PROXY: `http://${silent.endpoint}` }
  const { code, err } = await run(['get', 'app/db', '--timeout', '8s'], { env })
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(
      / at kms\.cn-hangzhou\.aliyuncs\.com: the proxy 127\.0\.0\.1:\d+ does not respond in time\n$/,
    ),
  ])
})

it.each(['socks5://me:secret@proxy:1080', 'http://me:%zz@proxy'])(
  'refuses HTTPS_PROXY=%s without its value',
  async (text) => {
    const { code, out, err } = await run(['get', 'app/db'], { env: { ...KEY_ENV, HTTPS_PROXY: text } })
    expect([code, out, err]).toEqual([
      2,
      '',
      expect.stringMatching(/^acksm: HTTPS_PROXY: expected http:\/\/\[USER:PASSWORD@\]HOST\[:PORT\] .*\n$/),
    ])
    expect(err).not.toMatch(/secret|%zz/)
  },
)
