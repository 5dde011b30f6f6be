import { createSecretClient, type SecretClient } from '@ack-secret-manager/client'
import { startSimulator } from '@ack-secret-manager/kms-simulator'

/** KMS in a test: the requests, signatures and permissions of the real one, on loopback. */
export interface TestKms extends AsyncDisposable {
  readonly kms: SecretClient
  /** Puts a new current version. */
  put(name: string, value: string): Promise<void>
  /** Makes KMS unavailable: `http503`, `hang`, `throttle`, `deny`. */
  fail(fault: string): Promise<void>
}

export async function startTestKms(secrets: Readonly<Record<string, string>>): Promise<TestKms> {
  const simulator = await startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tTest', secret: 'test', allow: [{ actions: ['kms:*'], resources: ['*'] }] }],
      secrets: Object.entries(secrets).map(([name, data]) => ({ name, versions: [{ id: 'v1', data }] })),
    },
  })
  const kms = createSecretClient({
    region: 'cn-hangzhou',
    endpoint: new URL(simulator.kms).host,
    ca: simulator.caPem,
    env: { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tTest', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'test' },
    refreshIntervalMs: 100,
  })
  const control = async (method: string, path: string, body: object): Promise<void> => {
    const response = await fetch(`${simulator.control}${path}`, { method, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status}`)
  }
  return {
    kms,
    put: (name, data) => control('PUT', `/secrets/${name}`, { data }),
    fail: (fault) => control('POST', '/faults', { fault }),
    [Symbol.asyncDispose]: async () => {
      await kms.close()
      await simulator.close()
    },
  }
}
