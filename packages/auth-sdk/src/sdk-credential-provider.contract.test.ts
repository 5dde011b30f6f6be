import { ManualClock } from '@ack-secret-manager/core/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedSource } from '@ack-secret-manager/test-support/simulated-source'
import { describeCredentialProviderContract } from '@ack-secret-manager/testkit'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import sdk, { Config } from '@alicloud/credentials'
import { afterEach, beforeEach, vi } from 'vitest'
import { type SdkCredential, sdkCredentialProvider } from './sdk-credential-provider.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const SdkCredentialClass: typeof sdk.default = 'default' in sdk ? sdk.default : sdk
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
useTrusted(() => simulator.caPem)

// The SDK goes by the machine's clock.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() })
})
afterEach(() => {
  vi.useRealTimers()
})

function assumedRole(name: string): SdkCredential {
  const config = new Config({
    type: 'ram_role_arn',
    accessKeyId: KEY.id,
    accessKeySecret: KEY.secret,
    roleArn: `acs:ram::${ACCOUNT}:role/${name}`,
    roleSessionName: 'me',
    stsEndpoint: new URL(simulator.sts ?? '').host,
  })
  return new SdkCredentialClass(config)
}

function harness(credentialOf: (name: string) => SdkCredential | (() => SdkCredential)) {
  const source = simulatedSource(simulator.control, { clock, action: /^AssumeRole$/ })
  const credentials = new Map<string, SdkCredential | (() => SdkCredential)>()
  return {
    ...source,
    passTime: async (milliseconds: number) => {
      await source.passTime(milliseconds)
      vi.setSystemTime(clock.now())
    },
    canaries: [KEY.secret],
    open: ({ identity = 'known' }) => {
      const credential = credentials.get(identity) ?? credentialOf(identity)
      credentials.set(identity, credential)
      return sdkCredentialProvider(credential, { clock })
    },
  }
}

describeCredentialProviderContract({
  name: 'a new credential of the SDK for each session',
  setUp: () => harness((name) => () => assumedRole(name)),
})

describeCredentialProviderContract({
  name: 'one credential of the SDK',
  setUp: () => harness(assumedRole),
  cannot: { renew: 'the SDK keeps its session and takes no notice of a refusal' },
})
