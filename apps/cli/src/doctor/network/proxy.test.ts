import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { type ConnectProxy, startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import tls from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { KEY, KEY_ENV } from '../../testing/kms.ts'
import { CANARY, run } from '../../testing/run.ts'

const KMS = 'kms.cn-hangzhou.aliyuncs.com'
const STS = 'sts.cn-hangzhou.aliyuncs.com'
const CREDENTIALS = { user: 'me', password: `${CANARY}-proxy` }

interface Finding {
  readonly id: string
  readonly status: string
  readonly detail: string
  readonly action?: string
}

let simulator: Simulator
let proxy: ConnectProxy

beforeAll(async () => {
  const certificate = await issueServerCertificate([KMS, STS])
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  simulator = await startSimulator({ certificate, seed: { accessKeys: [{ ...KEY, allow: [] }], roles: [] } })
  const host = (service: 'kms' | 'sts'): string => new URL(simulator[service] ?? '').host
  proxy = await startConnectProxy({
    credentials: CREDENTIALS,
    routes: { [`${KMS}:443`]: host('kms'), [`${STS}:443`]: host('sts') },
  })
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await simulator.close()
})
beforeEach(() => proxy.forget())

const urlOf = (endpoint: string, { user, password } = CREDENTIALS): string => `http://${user}:${password}@${endpoint}`

async function doctor(env: Record<string, string>, ...argv: string[]) {
  const { code, out } = await run(['doctor', '-o', 'json', ...argv], { env: { ...KEY_ENV, ...env } })
  const { checks } = JSON.parse(out) as { checks: Finding[] }
  const failed = checks
    .filter(({ status }) => status === 'failed')
    .map(({ id, detail, action }) => [id, detail, action])
  return { code, failed, detail: (id: string) => checks.find((each) => each.id === id)?.detail }
}

it('reaches KMS and STS through a proxy with a password, and says so', async () => {
  const startedMs = performance.now()
  const { code, failed, detail } = await doctor({ HTTPS_PROXY: urlOf(proxy.endpoint) })
  const tookS = (performance.now() - startedMs) / 1_000
  expect([code, failed]).toEqual([0, []])
  expect(detail('network.proxy')).toBe(`HTTPS_PROXY: ${proxy.endpoint} for ${KMS}, ${STS}`)
  expect(detail(`network.dns.${KMS}`)).toBe(`${KMS} is resolved by the proxy ${proxy.endpoint}`)
  expect(detail(`network.tls.${KMS}`)).toMatch(new RegExp(`^${KMS} through the proxy ${proxy.endpoint}, TLSv1\\.3, `))
  const [, withinS] = /^within (\d+) s of the server$/.exec(detail('network.clock') ?? '') ?? []
  // The Date header leaves out fractions of a second, and the response takes time.
  expect(Number(withinS)).toBeLessThanOrEqual(Math.round(1 + tookS))
  expect(detail('identity.caller')).toContain(KEY.id)
  expect(new Set(proxy.seen)).toEqual(new Set([`${KMS}:443 200`, `${STS}:443 200`]))
})

it('says what NO_PROXY leaves out', async () => {
  const env = { HTTPS_PROXY: urlOf(proxy.endpoint), NO_PROXY: '127.0.0.1' }
  const { detail } = await doctor(env, '--sts-endpoint', new URL(simulator.sts ?? '').host)
  expect(detail('network.proxy')).toBe(
    `HTTPS_PROXY: ${proxy.endpoint} for ${KMS}; ${new URL(simulator.sts ?? '').host} directly, by NO_PROXY`,
  )
})

it.each<[string, () => Record<string, string>, RegExp, RegExp]>([
  [
    'a wrong password',
    () => ({ HTTPS_PROXY: urlOf(proxy.endpoint, { user: 'me', password: `${CANARY}-wrong` }) }),
    /requires a valid user and password.*HTTP 407/,
    /^Correct user and password in HTTPS_PROXY/,
  ],
  [
    'no proxy there',
    () => ({ HTTPS_PROXY: urlOf('127.0.0.1:1') }),
    /cannot be used.*ECONNREFUSED/,
    /^Correct HTTPS_PROXY/,
  ],
])('%s: one action for each server', async (_what, env, cause, action) => {
  const { code, failed } = await doctor(env())
  expect(code).toBe(1)
  expect(failed).toEqual([
    [`network.tls.${KMS}`, expect.stringMatching(cause), expect.stringMatching(action)],
    [`network.tls.${STS}`, expect.stringMatching(cause), expect.stringMatching(action)],
  ])
})

it('a server that the proxy refuses', async () => {
  const { failed } = await doctor({ HTTPS_PROXY: urlOf(proxy.endpoint) }, '--endpoint', 'kms.elsewhere.example')
  expect(failed).toEqual([
    [
      'network.tls.kms.elsewhere.example',
      expect.stringContaining('HTTP 403'),
      `Let the proxy ${proxy.endpoint} connect to kms.elsewhere.example, or add the host to NO_PROXY`,
    ],
  ])
})

it('a malformed variable is invalid input, and its value is not printed', async () => {
  const env = { ...KEY_ENV, HTTPS_PROXY: `socks5://${CREDENTIALS.password}@127.0.0.1:1` }
  const { code, out, err } = await run(['doctor'], { env })
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(/^acksm: HTTPS_PROXY: expected http:\/\/.*\n$/)
})
