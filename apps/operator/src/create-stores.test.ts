import { readFlags } from '@ack-secret-manager/command-line'
import { issueServerCertificate, startSimulator } from '@ack-secret-manager/kms-simulator'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { canary } from '@ack-secret-manager/test-support/canary'
import { startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import { Sensitive } from '@ack-secret-manager/core'
import tls from 'node:tls'
import { expect, it } from 'vitest'
import { FLAGS } from './config/flags.ts'
import { operatorConfig } from './config/operator-config.ts'
import { createStores, validateOperatorIdentity } from './create-stores.ts'
import { DRIVERS } from './drivers.ts'

const KMS = 'kms-vpc.cn-hangzhou.aliyuncs.com'
const STS = 'sts-vpc.cn-hangzhou.aliyuncs.com'
const KEY = { id: 'LTAI5tOperator', secret: canary('operator-key') }
const PASSWORD = canary('proxy-password')
const { signal } = new AbortController()

function config(): ReturnType<typeof operatorConfig> {
  const program = { name: 'operator', description: '', examples: [], flags: FLAGS }
  const read = readFlags(program, [], { stdout: process.stdout })
  if (read === undefined) throw new Error('no help was asked for')
  return operatorConfig(read.values)
}

it('reaches KMS and STS, and not the API server, through the proxy of its environment', async () => {
  const certificate = await issueServerCertificate([KMS, STS])
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  const allow = [{ actions: ['*'], resources: ['*'] }]
  await using simulator = await startSimulator({
    certificate,
    seed: {
      accessKeys: [{ ...KEY, allow }],
      roles: [{ name: 'reader', trust: { accessKeys: [KEY.id] }, allow }],
      secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'value' }] }],
    },
  })
  const routes = {
    [`${KMS}:443`]: new URL(simulator.kms).host,
    [`${STS}:443`]: new URL(simulator.sts ?? '').host,
  }
  await using proxy = await startConnectProxy({ credentials: { user: 'me', password: PASSWORD }, routes })
  const env = {
    HTTPS_PROXY: `http://me:${PASSWORD}@${proxy.endpoint}`,
    ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.secret,
    ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1234567890123456:role/reader',
  }
  const client = new KubeClient({
    credentials: {
      description: 'test',
      namespace: 'default',
      load: async () => ({ server: 'https://api.example', headers: new Sensitive({}), tls: {} }),
    },
    maxThrottleRetries: 0,
  })
  const logged: unknown[] = []
  const registry = createStores({
    config: config(),
    client,
    env,
    drivers: DRIVERS,
    namespaceLabels: () => undefined,
    log: { info: (...line: unknown[]) => void logged.push(line) },
    onRefresh: () => undefined,
    onOperatorRefresh: () => undefined,
  })
  try {
    const found = registry.resolve({ namespace: 'shop', provider: 'kms' })
    if (found.kind === 'error') throw found.error
    const { bytes } = await found.connection.backend.read({ name: 'app/db' }, { signal })
    expect(Buffer.from(bytes.expose()).toString()).toBe('value')
    expect(proxy.seen).toEqual([`${STS}:443 200`, `${KMS}:443 200`])
    expect(logged).toContainEqual([{ proxy: proxy.endpoint }, 'Alibaba Cloud is reached through a proxy'])
    expect(JSON.stringify(logged)).not.toContain(PASSWORD)
    // No proxy for the cluster: its API server does not exist, and the proxy is not asked for it.
    await client.get('/version', { signal }).catch(() => undefined)
    expect(proxy.seen).toHaveLength(2)
    expect(JSON.stringify(logged)).not.toContain(PASSWORD)
  } finally {
    await registry.close()
    await client.close()
  }
})

it('refuses a malformed proxy at its start, without its value', async () => {
  const started = validateOperatorIdentity(config(), { HTTPS_PROXY: `socks5://me:${PASSWORD}@proxy` })
  await expect(started).rejects.toThrow(/^HTTPS_PROXY: expected http:\/\/\[USER:PASSWORD@\]HOST\[:PORT\] (?!.*canary)/)
})
