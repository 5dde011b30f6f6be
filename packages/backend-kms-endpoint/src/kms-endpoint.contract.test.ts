import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedManager } from '@ack-secret-manager/test-support/simulated-manager'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { describeBackendContract } from '@ack-secret-manager/testkit'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { kmsEndpointBackend } from './kms-endpoint-backend.ts'

const SECRET = canary('access-key-secret')

const LISTS = { actions: ['kms:ListSecrets'], resources: ['*'] }
const ALLOWED = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }, LISTS]

const simulator = useFixture(() =>
  startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: SECRET, allow: ALLOWED }],
    },
  }),
)
useTrusted(() => simulator.caPem)

/** The response to dry runs, which read no value. */
const DRY_RUNS = new Set(['DryRunOperationError', 'AccessDeniedError', 'ValidationError'])

/** The manager with a denying policy; a fault would not distinguish dry runs from reads. */
function managerWithPolicy(): ReturnType<typeof simulatedManager> {
  const manager = simulatedManager(simulator.control)
  const control = simulatorControl(simulator.control)
  const names = new Set<string>()
  const allow = (resources: readonly string[]): Promise<unknown> =>
    control('PUT', '/accessKeys/LTAI5tDemo', { allow: [{ actions: ['kms:GetSecretValue'], resources }, LISTS] })
  return {
    ...manager,
    put: async (name, content) => {
      names.add(name)
      await manager.put(name, content)
    },
    deny: async (denied) => void (await allow(['none', ...names].filter((name) => name !== denied))),
    close: async () => {
      await allow(['*'])
      await manager.close()
    },
    reads: async () => {
      const { calls } = (await control('GET', '/calls')) as { calls: Array<{ result: string; count: number }> }
      return calls.reduce((sum, { result, count }) => sum + (DRY_RUNS.has(result) ? 0 : count), 0)
    },
  }
}

describeBackendContract({
  name: 'kms-endpoint',
  setUp: () => {
    const manager = managerWithPolicy()
    return {
      ...manager,
      canaries: [SECRET],
      open: ({ identity, impatient }) =>
        kmsEndpointBackend({
          endpoint: new URL(simulator.kms).host,
          provider: accessKeyProvider({
            accessKeyId: identity === 'stranger' ? 'LTAI5tUnknown' : 'LTAI5tDemo',
            accessKeySecret: new Sensitive(SECRET),
          }),
          ...(impatient ? manager.impatience() : {}),
        }),
    }
  },
})
