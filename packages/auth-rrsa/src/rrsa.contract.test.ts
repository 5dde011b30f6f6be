import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatedSource } from '@ack-secret-manager/test-support/simulated-source'
import { describeCredentialProviderContract } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { rrsaProvider } from './rrsa-provider.ts'
import { newIssuer } from './testing/issuer.ts'

const ACCOUNT = '1234567890123456'
const OIDC_PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-c1`
const AUDIENCE = 'sts.aliyuncs.com'
const SUBJECT = 'system:serviceaccount:prod:app'
/** Part of every token. */
const CANARY = 'canary-claim'
const clock = new ManualClock(Date.now())
const cluster = newIssuer('https://oidc.example/c1')

const simulator = useFixture(async () => {
  const oidc = { issuer: cluster.issuer, audience: AUDIENCE, subject: SUBJECT }
  return startSimulator({
    clock,
    seed: {
      account: ACCOUNT,
      roles: [
        { name: 'known', trust: { oidc } },
        { name: 'another', trust: { oidc } },
        { name: 'refused', trust: { oidc: { ...oidc, subject: 'system:serviceaccount:prod:unknown' } } },
      ],
      oidcProviders: [{ arn: OIDC_PROVIDER, issuer: cluster.issuer, jwks: cluster.jwks }],
    },
  })
})

function token(): Sensitive<string> {
  const exp = Math.floor(clock.now() / 1_000) + 3_600
  return new Sensitive(cluster.token({ sub: SUBJECT, aud: [AUDIENCE], exp, jti: CANARY }))
}

describeCredentialProviderContract({
  name: 'rrsa',
  setUp: () => ({
    ...simulatedSource(simulator.control, { clock, action: /^AssumeRoleWithOIDC$/ }),
    canaries: [CANARY],
    open: ({ identity = 'known' }) =>
      rrsaProvider({
        roleArn: `acs:ram::${ACCOUNT}:role/${identity}`,
        oidcProviderArn: OIDC_PROVIDER,
        token: { description: 'ServiceAccount prod/app', fingerprint: ['test'], token: async () => token() },
        region: 'cn-hangzhou',
        stsEndpoint: new URL(simulator.sts ?? '').host,
        ca: simulator.caPem,
        clock,
      }),
  }),
})
