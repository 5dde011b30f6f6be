import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describeCredentialProviderContract } from '@ack-secret-manager/testkit'
import { accessKeyProvider } from './access-key-provider.ts'

const SECRET = 'canary-accesskey-secret'
const NO_SOURCE = 'an AccessKey is static and has no source'

describeCredentialProviderContract({
  name: 'access-key',
  setUp: () => ({
    canaries: [SECRET],
    open: ({ identity = 'known' }) => {
      const clock = new ManualClock(1_000)
      return accessKeyProvider({
        accessKeyId: identity === 'another' ? 'LTAI5tOther' : 'LTAI5tDemo',
        accessKeySecret: new Sensitive(SECRET),
        clock,
        ...(identity === 'refused' ? { expiresAtMs: 999 } : {}),
      })
    },
  }),
  cannot: {
    count: NO_SOURCE,
    renew: NO_SOURCE,
    outage: NO_SOURCE,
    hang: NO_SOURCE,
    expire: 'it lives until it is revoked; a key with an expiry is the row "refuse"',
  },
})
