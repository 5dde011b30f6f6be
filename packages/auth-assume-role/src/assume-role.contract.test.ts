import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedSource } from '@ack-secret-manager/test-support/simulated-source'
import { describeCredentialProviderContract } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { assumeRoleProvider } from './assume-role-provider.ts'

const ACCOUNT = '1234567890123456'
const KEY = { id: 'LTAI5tDemo', secret: canary('access-key-secret') }
const clock = new ManualClock(Date.now())

const simulator = useFixture(() =>
  startSimulator({
    clock,
    seed: {
      account: ACCOUNT,
      accessKeys: [{ ...KEY, allow: [{ actions: ['sts:AssumeRole'], resources: ['*'] }] }],
      roles: [
        { name: 'known', trust: { accessKeys: [KEY.id] } },
        { name: 'another', trust: { accessKeys: [KEY.id] } },
        { name: 'refused', trust: {} },
      ],
    },
  }),
)

describeCredentialProviderContract({
  name: 'assume-role',
  setUp: () => ({
    ...simulatedSource(simulator.control, { clock, action: /^AssumeRole$/ }),
    canaries: [KEY.secret],
    open: ({ identity = 'known' }) =>
      assumeRoleProvider({
        roleArn: `acs:ram::${ACCOUNT}:role/${identity}`,
        base: accessKeyProvider({ accessKeyId: KEY.id, accessKeySecret: new Sensitive(KEY.secret) }),
        region: 'cn-hangzhou',
        stsEndpoint: new URL(simulator.sts ?? '').host,
        ca: simulator.caPem,
        clock,
      }),
  }),
})
