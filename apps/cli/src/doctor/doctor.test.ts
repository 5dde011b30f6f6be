import { readFile } from 'node:fs/promises'
import { Sensitive } from '@ack-secret-manager/core'
import { KmsManagement } from '@ack-secret-manager/kms-management'
import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { operatorIdentityFromEnvironment } from '@ack-secret-manager/stores'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PROVIDER, TestIssuer, useAccess } from '../testing/access.ts'
import { folderWith, treeOf } from '../testing/files.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, type Ran, run, type RunOptions, start } from '../testing/run.ts'

interface Finding {
  readonly id: string
  readonly title: string
  readonly status: 'ok' | 'failed' | 'skipped'
  readonly detail: string
  readonly action?: string
  readonly reason?: string
}

interface Report extends Ran {
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

const KEY = { id: 'LTAI5tDoctor', secret: `${CANARY}-doctor-key` }
const keyEnv = ({ id, secret } = KEY): Record<string, string> => ({
  ALIBABA_CLOUD_ACCESS_KEY_ID: id,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
})

async function doctor(argv: readonly string[], options: RunOptions = {}): Promise<Report> {
  const ran = await run(['doctor', '-o', 'json', ...argv], { ...options, env: { HOME: '/nowhere', ...options.env } })
  const { ok, checks } = JSON.parse(ran.out) as { ok: boolean; checks: Finding[] }
  return { ...ran, ok, findings: checks }
}

/** Status of each finding by the id of its check; of several findings, all. */
function statuses({ findings }: Report): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { id, status } of findings) found[id] = found[id] === undefined ? status : `${found[id]} ${status}`
  return found
}

const failures = ({ findings }: Report): readonly string[] =>
  findings.filter(({ status }) => status === 'failed').map(({ id }) => id)

function finding({ findings }: Report, id: string, status?: Finding['status']): Finding | undefined {
  return findings.find((each) => each.id === id && (status === undefined || each.status === status))
}

const issuer = new TestIssuer()
const access = useAccess(async () => issuer)
afterEach(() => access.forget())
const hostOf = (flag: string): string => access.flags[access.flags.indexOf(flag) + 1] ?? ''

describe('doctor on this machine', () => {
  it('finds nothing to do with an identity that works', async () => {
    const quickstart = { id: 'LTAI5tQuickstart', secret: `quickstart-only-${CANARY}-key` }
    const report = await doctor(access.flags, { env: keyEnv(quickstart) })
    expect([report.code, report.ok, report.err]).toEqual([0, true, ''])
    expect(Object.keys(statuses(report))).toEqual([
      `network.dns.${hostOf('--endpoint')}`,
      `network.tls.${hostOf('--endpoint')}`,
      `network.dns.${hostOf('--sts-endpoint')}`,
      `network.tls.${hostOf('--sts-endpoint')}`,
      'network.clock',
      'identity.credential',
      'identity.caller',
    ])
    expect(finding(report, 'identity.caller')?.detail).toBe(
      'acs:ram::1234567890123456:user/LTAI5tQuickstart, account 1234567890123456',
    )
    expect(await access.callers('GetSecretValue')).toEqual([])
  })

  it.each<[string, string[], Record<string, string>, string, RegExp, RegExp]>([
    ['an AccessKey that STS does not know', [], keyEnv(), 'identity.caller', /InvalidAccessKeyId/, /^Replace the cred/],
    [
      'no identity',
      ['--metadata-endpoint', '127.0.0.1:1'],
      {},
      'identity.credential',
      /no Alibaba Cloud identity is configured/,
      /^Choose an identity: --profile NAME/,
    ],
    [
      'two identities',
      [],
      { ...keyEnv(), ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER, ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/a' },
      'identity.credential',
      /configure two different identities/,
      /^Choose an identity/,
    ],
    ['a profile that does not exist', ['--profile', 'none'], {}, 'identity.credential', /none/, /^Choose an identity/],
    [
      'a role of a token that is not there',
      [],
      {
        ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1234567890123456:role/operator',
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER,
        ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/nowhere/token',
      },
      'identity.credential',
      /\/nowhere\/token does not exist/,
      /^Correct the token, the OIDC provider or the trust policy of the role, as the message says, or choose another identity/,
    ],
    [
      'KMS that is not there',
      ['--endpoint', '127.0.0.1:1'],
      keyEnv(),
      'network.tls.127.0.0.1:1',
      /ECONNREFUSED/,
      /^Correct the endpoint and its port/,
    ],
    [
      'a name that does not exist',
      ['--endpoint', 'kms.nowhere.invalid'],
      keyEnv(),
      'network.dns.kms.nowhere.invalid',
      /its name does not resolve|the name server does not respond/,
      /DNS|HTTPS_PROXY/,
    ],
  ])('%s: one failure with what to do', async (_what, argv, env, id, cause, action) => {
    const report = await doctor([...access.flags, ...argv], { env })
    expect([report.code, report.ok]).toEqual([1, false])
    expect(report.findings.filter(({ status }) => status === 'failed').map((each) => each.id)).toContain(id)
    expect(finding(report, id)?.detail).toMatch(cause)
    expect(finding(report, id)?.action).toMatch(action)
  })

  it('skips what cannot work without DNS, and says so', async () => {
    const report = await doctor(['--endpoint', 'kms.nowhere.invalid', '--sts-endpoint', 'sts.nowhere.invalid'], {
      env: keyEnv(),
    })
    const skipped = report.findings.filter(({ status }) => status === 'skipped').map(({ id, detail }) => [id, detail])
    expect(skipped).toEqual([
      ['network.tls.kms.nowhere.invalid', 'DNS of KMS failed'],
      ['network.tls.sts.nowhere.invalid', 'DNS of STS failed'],
      ['network.clock', 'no server has responded'],
      ['identity.caller', 'the identity is not verified: DNS of STS failed'],
    ])
  })

  describe('with a server that never responds', () => {
    const sockets = new Set<Socket>()
    let server: Server
    beforeAll(async () => {
      server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })
    afterAll(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const flags = (): string[] => [...access.flags, '--endpoint', `127.0.0.1:${(server.address() as AddressInfo).port}`]

    it('ends at its timeout, and says so', async () => {
      // The other servers respond within this time, also on a busy machine.
      const report = await doctor([...flags(), '--timeout', '7s'], { env: keyEnv() })
      const [, kms] = flags().slice(-2)
      expect(finding(report, `network.tls.${kms}`)).toMatchObject({
        status: 'failed',
        // What was left of it when the check began.
        detail: expect.stringMatching(/^no result within (?:7|[4-6](?:\.\d)?) s$/),
        action: expect.stringContaining(`Allow HTTPS from this machine to ${kms}`),
      })
      expect(statuses(report)['network.clock']).toBe('ok')
    })

    it('an interrupt in the middle ends it with 130 and without a report', async () => {
      const connected = once(server, 'connection')
      const running = start(['doctor', '-o', 'json', ...flags()], { env: keyEnv() })
      await connected
      running.stop('SIGINT')
      expect(await running.done).toMatchObject({ code: 130, out: '' })
    })
  })

  it('names the endpoint if there are several of one service', async () => {
    const stores = storeYaml({ id: KEY.id, secret: KEY.secret }).replace('region: cn-hangzhou', 'region: cn-beijing')
    const data = [{ key: 'a', name: 'a' }, entry('b', 'b')]
    const cwd = await folderWith({ 'm.yaml': [stores, externalSecretYaml('web', { data })].join('---\n') })
    const proxy = { https_proxy: 'http://127.0.0.1:1' }
    const { findings } = await doctor(['-f', '.', '--timeout', '5s'], { cwd, env: { ...keyEnv(), ...proxy } })
    expect(findings.filter(({ id }) => id.startsWith('network.tls.')).map(({ title }) => title)).toEqual([
      'TLS to kms.cn-hangzhou.aliyuncs.com',
      'TLS to STS',
      'TLS to kms.cn-beijing.aliyuncs.com',
    ])
  })
})

describe('doctor of manifests', () => {
  const READS = ['GetSecretValue', 'GetSecretParameter'] as const

  async function check(files: Record<string, string>, argv: string[] = [], env: Record<string, string> = {}) {
    const cwd = await folderWith(files)
    const report = await doctor(['-f', '.', ...access.flags, ...argv], { cwd, env })
    expect(Object.keys(await treeOf(cwd)).toSorted()).toEqual(Object.keys(files).toSorted())
    return report
  }

  it('does not say that a store reads while STS cannot confirm its identity', async () => {
    const report = await check({ 'a.yaml': await access.manifest('access-key') }, ['--sts-endpoint', '127.0.0.1:1'])
    expect(finding(report, 'store.default/access-key')?.detail).toMatch(
      /^is configured for \S+ as AccessKey LTAI5tQuickstart; not verified, because STS did not answer$/,
    )
  })

  it('reaches for no service of Alibaba Cloud if all stores use backend packages', async () => {
    const metadata = { name: 'kms', namespace: 'default' }
    const spec = { plugin: { package: '@example/backend-vault', config: {} } }
    const store = JSON.stringify({ apiVersion: 'alibabacloud.com/v1alpha1', kind: 'SecretStore', metadata, spec })
    const web = externalSecretYaml('web', { provider: 'plugin', data: [entry('a', 'a')] })
    const report = await check({ 'store.json': store, 'web.yaml': web })
    expect(Object.keys(statuses(report))).toEqual(['identity.credential', 'store.default/kms', 'secrets.default/kms'])
  })

  it('checks each store as the operator does, and reads no value', async () => {
    const names = ['access-key', 'worker-role', 'assume-role', 'instance-ram', 'aap', 'oos']
    const manifests = await Promise.all(names.map(async (name) => [`${name}.yaml`, await access.manifest(name)]))
    const files = { ...Object.fromEntries(manifests), 'key.yaml': await access.clientKeySecret() }
    const report = await check(files, ['--enable-worker-role'], {})
    expect(report.findings.filter(({ status }) => status === 'failed')).toEqual([])
    expect(report.code).toBe(0)
    const store = (name: string): string => finding(report, `store.default/${name}`)?.detail ?? ''
    expect(store('access-key')).toMatch(/as AccessKey LTAI5tQuickstart \(acs:ram::1234567890123456:user\/LTAI5tQuick/)
    expect(store('assume-role')).toMatch(/\(acs:ram::9876543210987654:assumed-role\/shared\//)
    expect(store('aap')).toMatch(/as client key KAAP\.demo, valid for 18\d\d more days$/)
    expect(finding(report, 'secrets.default/access-key')?.detail).toBe('1 may be read: shop/db')
    expect(finding(report, 'secrets.default/aap')).toMatchObject({
      status: 'skipped',
      detail: expect.stringContaining('1 not checked, because its service has no dry run'),
    })
    // A dry run is answered with an error, so that a successful read would show here.
    for (const action of READS) expect(await access.callers(action)).toEqual([])
  })

  it('names the cause of each secret that cannot be read, once, with the action of its reason', async () => {
    const data = ['shop/db', 'shop/none', 'shop/none2', 'other/denied'].map((key, index) => entry(key, `k${index}`))
    const elsewhere = { ...entry('shop/db', 'there'), secretStoreRef: { name: 'missing' } }
    const files = {
      'store.yaml': storeYaml({ id: 'LTAI5tQuickstart', secret: `quickstart-only-${CANARY}-key` }),
      'web.yaml': externalSecretYaml('web', { data: [...data, elsewhere] }),
    }
    const report = await check(files)
    expect(report.code).toBe(1)
    const secrets = report.findings.filter(({ id }) => id === 'secrets.default/kms')
    expect(secrets.map(({ status, reason }) => [status, reason])).toEqual([
      ['ok', undefined],
      ['failed', 'SecretNotFound'],
      ['failed', 'AccessDenied'],
    ])
    expect(secrets[1]?.detail).toContain('(2 secrets: shop/none, shop/none2)')
    expect(secrets[1]?.action).toMatch(/^Check `key`, `versionId` and `versionStage`/)
    expect(secrets[2]?.detail).toContain('AccessKey LTAI5tQuickstart may not call kms:GetSecretValue')
    expect(secrets[2]?.action).toMatch(/^Grant the identity in the message `kms:GetSecretValue`/)
    expect(finding(report, 'secrets.default/missing')).toMatchObject({ status: 'failed', reason: 'StoreNotFound' })
  })

  it.each<[string, (manifest: string) => string, string, RegExp, RegExp]>([
    [
      'the password of a client key',
      (manifest) => manifest,
      'AuthenticationFailed',
      /password" of Secret default\/client-key does not open/,
      /^Correct the field that the message names/,
    ],
    [
      'an instance that cannot be reached',
      (manifest) => manifest.replace(/endpoint: \S+/, 'endpoint: 127.0.0.1:1'),
      'Unavailable',
      /ECONNREFUSED/,
      /^Check network, DNS/,
    ],
    [
      'an endpoint that is not allowed',
      (manifest) => manifest.replace(/endpoint: \S+/, 'endpoint: kms.evil.example'),
      'InvalidSpec',
      /--allow-endpoint/,
      /^Correct the field that the message names/,
    ],
  ])('%s', async (_what, change, reason, cause, action) => {
    const secret = await access.clientKeySecret()
    const wrong = reason === 'AuthenticationFailed' ? secret.replace(/password: .*\n.*/, 'password: wrong') : secret
    const files = { 'aap.yaml': change(await access.manifest('aap')), 'key.yaml': wrong }
    const report = await check(files, ['--allow-endpoint', '127.0.0.1:1'])
    expect(report.code).toBe(1)
    const store = finding(report, 'store.default/aap')
    expect(store).toMatchObject({ status: 'failed', reason })
    expect(store?.detail).toMatch(cause)
    expect(store?.action).toMatch(action)
    expect(finding(report, 'secrets.default/aap')).toMatchObject({ status: 'skipped' })
  })
})

describe('doctor of a simulator of its own', () => {
  const SKEW_MS = 20 * 60_000
  const HOUR_MS = 3_600_000
  const seed = {
    accessKeys: [{ ...KEY, allow: [{ actions: ['kms:*'], resources: ['*'] }] }],
    roles: [],
    instances: [
      {
        id: 'kst-demo',
        quotas: { qps: 1_000, secret: 1 },
        clientKeys: [{ id: 'KAAP.soon', password: `${CANARY}-password`, notAfter: soon() }],
      },
    ],
  }

  const simulator = useFixture(() => startSimulator({ seed }))
  const late = useFixture(() => startSimulator({ seed, clock: { now: () => Date.now() + SKEW_MS } }))
  beforeAll(() => {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem, late.caPem])
  })
  const flagsOf = ({ kms, sts = '' }: Simulator): string[] => [
    '--endpoint',
    new URL(kms).host,
    '--sts-endpoint',
    new URL(sts).host,
  ]

  it('a quota that is used up', async () => {
    const provider = operatorIdentityFromEnvironment(keyEnv())
    if (provider === undefined) throw new Error('the variables configure no identity')
    await using kms = new KmsManagement({ endpoint: new URL(simulator.kms).host, provider })
    const create = { kmsInstanceId: 'kst-demo' }
    const value = new Sensitive(`${CANARY}-value`)
    await kms.change({ kind: 'put', name: 'a', value, create }, { signal: AbortSignal.timeout(60_000) })
    const report = await doctor([...flagsOf(simulator), '--instance', 'kst-demo'], { env: keyEnv() })
    const quotas = report.findings.filter(({ id }) => id === 'quota.kst-demo')
    expect(quotas.map(({ status, detail, action }) => [status, detail, action])).toEqual([
      ['ok', 'qps 0 of 1000', undefined],
      ['failed', 'secret 1 of 1 is used', 'Raise the quota of secret of kst-demo, or delete what is not needed'],
    ])
    const none = await doctor([...flagsOf(simulator), '--instance', 'kst-none'], { env: keyEnv() })
    expect(finding(none, 'quota.kst-none')).toMatchObject({
      status: 'failed',
      action: 'Correct the id kst-none, or the region',
    })
  })

  it('a clock that is wrong', async () => {
    const startedMs = performance.now()
    const report = await doctor(flagsOf(late), { env: keyEnv() })
    const tookS = (performance.now() - startedMs) / 1_000
    expect(finding(report, 'network.clock')).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/^\d+ s behind the server; requests are refused from 900 s$/),
      action: expect.stringContaining('NTP'),
    })
    // The Date header leaves out fractions of a second, and the response takes time.
    const behindS = Number.parseInt(finding(report, 'network.clock')?.detail ?? '')
    expect(behindS).toBeLessThanOrEqual(SKEW_MS / 1_000)
    expect(behindS).toBeGreaterThanOrEqual(Math.round(SKEW_MS / 1_000 - 1 - tookS))
    expect(failures(report)).toEqual(['network.clock'])
    expect(finding(report, 'identity.caller')).toMatchObject({
      status: 'skipped',
      detail: 'the identity is not verified: Clock of this machine failed',
    })
  })

  it('a clock that is wrong, and a store that it breaks', async () => {
    const files = { 'm.yaml': `${storeYaml(KEY)}---\n${externalSecretYaml('web', { data: [entry('a', 'a')] })}` }
    const report = await doctor(['-f', '.', ...flagsOf(late)], { cwd: await folderWith(files), env: keyEnv() })
    expect(failures(report)).toEqual(['network.clock'])
    expect(finding(report, 'store.default/kms')).toMatchObject({
      status: 'skipped',
      detail: 'Clock of this machine failed',
    })
  })

  it.each([
    [
      'expired',
      0,
      /its certificate of .* expired at 20[-\dT:]+Z \(CERT_HAS_EXPIRED\)$/,
      /^Renew the certificate of 127\.0\.0\.1:\d+, or ask its owner to$/,
    ],
    ['valid at the time of the server', -2 * HOUR_MS, /^2h.* ahead of the server/, /^Set the clock of this machine/],
  ])('a certificate that is %s: one failure', async (_what, shiftMs, cause, action) => {
    const certificate = await issueServerCertificate(['127.0.0.1'], { expires: new Date(Date.now() - HOUR_MS) })
    await using expired = await startSimulator({ seed, certificate, clock: { now: () => Date.now() + shiftMs } })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), expired.caPem])
    const sts = shiftMs === 0 ? simulator : expired
    const flags = ['--endpoint', new URL(expired.kms).host, '--sts-endpoint', new URL(sts.sts ?? '').host]
    const report = await doctor(flags, { env: keyEnv() })
    const failed = report.findings.filter(({ status }) => status === 'failed')
    expect(failed).toMatchObject([{ detail: expect.stringMatching(cause), action: expect.stringMatching(action) }])
    // Nothing is sent but HEAD requests without a credential.
    const { calls } = (await simulatorControl(expired.control)('GET', '/calls')) as { calls: { identity: string }[] }
    expect([...new Set(calls.map(({ identity }) => identity))]).toEqual([''])
  })

  it('a certificate that ends within a day: to do, and the checks after it run', async () => {
    const certificate = await issueServerCertificate(['127.0.0.1'], { expires: new Date(Date.now() + 5.5 * HOUR_MS) })
    await using ending = await startSimulator({ seed, certificate })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), ending.caPem])
    const flags = ['--endpoint', new URL(ending.kms).host, '--sts-endpoint', new URL(simulator.sts ?? '').host]
    const report = await doctor(flags, { env: keyEnv() })
    const tlsCheck = `network.tls.${new URL(ending.kms).host}`
    expect(report.findings.filter(({ status }) => status === 'failed')).toMatchObject([
      {
        id: tlsCheck,
        detail: expect.stringMatching(/certificate of .* for 5 more hours$/),
        action: expect.stringMatching(/^Renew the certificate of 127\.0\.0\.1:\d+, or ask its owner to$/),
      },
    ])
    expect(report.findings.some(({ detail }) => detail.endsWith(' failed'))).toBe(false)
  })

  it('a client key that expires soon, and certificates that are not verified', async () => {
    const { file = '', password = '' } = simulator.clientKeys?.['KAAP.soon'] ?? {}
    const endpoint = `endpoint: ${new URL(simulator.instance ?? '').host}`
    const manifest = (await access.manifest('aap')).replace(
      /endpoint: \S+\n( +)ca: \S+/,
      `${endpoint}\n$1ignoreSSL: true`,
    )
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'client-key' } }
    const stringData = { file: await readFile(file, 'utf8'), password }
    const cwd = await folderWith({ 'm.yaml': manifest, 'key.json': JSON.stringify({ ...secret, stringData }) })
    const flags = [...flagsOf(simulator), '--allow-endpoint', new URL(simulator.instance ?? '').host]
    const report = await doctor(['-f', path.join(cwd, 'm.yaml'), '-f', path.join(cwd, 'key.json'), ...flags])
    expect(statuses(report)['store.default/aap']).toBe('ok')
    const warnings = report.findings.filter(({ id }) => id === 'store.default/aap.warnings')
    expect(warnings.map(({ status, reason }) => [status, reason])).toEqual([
      ['failed', 'TLSVerificationDisabled'],
      ['failed', 'ClientKeyExpiring'],
    ])
    expect(warnings.map(({ action }) => action)).toEqual([
      expect.stringMatching(/^Remove `ignoreSSL`/),
      expect.stringMatching(/^Create a new client key/),
    ])
    expect(finding(report, 'secrets.default/aap')).toMatchObject({ status: 'skipped' })
    const { calls } = (await simulatorControl(simulator.control)('GET', '/calls')) as { calls: { action: string }[] }
    expect(calls.filter(({ action }) => action === 'GetSecretValue')).toEqual([])
  })
})

describe('doctor with wrong usage', () => {
  const web = externalSecretYaml('web', { data: [entry('a', 'a')], colour: 'red' })

  it.each<[string[], string]>([
    [['--kubeconfig', 'x'], '--kubeconfig needs --kube; see acksm doctor --help'],
    [['--context', 'x'], '--context needs --kube; see acksm doctor --help'],
    [['--operator-namespace', 'x'], '--operator-namespace needs --kube; see acksm doctor --help'],
    [['--timeout', '0s'], '--timeout 0s: expected'],
    [['--network', 'lan'], '--network lan: expected public or vpc; see acksm doctor --help'],
    [['--region', 'Hangzhou'], '--region Hangzhou: expected a region such as cn-hangzhou; see acksm doctor --help'],
    [['--profile', 'a', '--auth', 'rrsa'], '--profile cannot be combined with --auth rrsa'],
    [['-o', 'yaml'], '--output yaml: expected human or json; see acksm doctor --help'],
    [['extra'], "too many arguments for 'doctor'"],
    [['--fix'], "unknown option '--fix'"],
    [['-f', 'nowhere.yaml'], 'nowhere.yaml: no such file or directory'],
    [['-f', 'web.yaml'], 'web.yaml:1: ExternalSecret default/web: spec.colour: unknown field'],
    [['-f', 'none.yaml'], 'no ExternalSecret in none.yaml'],
    [['--kube', '--kubeconfig', 'nowhere'], 'nowhere'],
    [['--kube', '--kubeconfig', 'kubeconfig', '--context', 'other'], 'other'],
  ])('%j', async (argv, message) => {
    const kubeconfig = JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [], contexts: [], users: [] })
    const cwd = await folderWith({
      'web.yaml': web,
      'none.yaml': 'a: 1\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n',
      kubeconfig,
    })
    const { code, out, err } = await run(['doctor', ...argv], { cwd, env: { HOME: '/nowhere' } })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err.split('\n')).toHaveLength(2)
  })
})

/** Within 30 days. */
function soon(): string {
  return new Date(Date.now() + 10 * 86_400_000).toISOString()
}
