import { defined } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import tls from 'node:tls'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { simulatedSource } from '@ack-secret-manager/test-support/simulated-source'
import { type CredentialProviderAbility, describeCredentialProviderContract } from '@ack-secret-manager/testkit'
import { afterAll, beforeAll } from 'vitest'
import type { Environment } from './internal/credentials/identity-variables.ts'
import { type OperatorIdentityChoice, operatorIdentityFromEnvironment } from './operator-identity.ts'

const ACCOUNT = '1234567890123456'
const PARTNER = '9876543210987654'
const PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-c1`
const ISSUER = 'https://oidc.example/c1'
const SUBJECT = 'system:serviceaccount:kube-system:ack-secret-manager'
const KEY = { id: 'LTAI5tDemo', secret: canary('own-key-secret') }
const ALLOW = [{ actions: ['sts:AssumeRole'], resources: ['*'] }]
const roleArn = (name: string, account = ACCOUNT): string => `acs:ram::${account}:role/${name}`

const clock = new ManualClock(Date.now())
const trustedBefore = tls.getCACertificates('default')
let simulator: Simulator
const directory = directoryOfTests()
let tokenFile: string

beforeAll(async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const oidc = { issuer: ISSUER, audience: 'sts.aliyuncs.com', subject: SUBJECT }
  const trust = { accessKeys: [KEY.id], roles: [roleArn('node'), roleArn('middle')], oidc }
  const roles = [
    { name: 'known', trust },
    { name: 'another', trust },
    { name: 'refused', trust: {} },
  ]
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'EC', kid: 'key-1' }] }
  simulator = await startSimulator({
    clock,
    seed: {
      account: ACCOUNT,
      accessKeys: [{ ...KEY, allow: ALLOW }],
      roles: [
        { name: 'node', trust: { ecs: true }, allow: ALLOW },
        { name: 'middle', trust, allow: ALLOW },
        ...roles,
        ...roles.map((each) => ({ ...each, name: `remote-${each.name}`, account: PARTNER })),
      ],
      oidcProviders: [{ arn: PROVIDER, issuer: ISSUER, jwks }],
    },
  })
  tls.setDefaultCACertificates([...trustedBefore, simulator.caPem])
  tokenFile = join(directory, 'token')
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  // Valid beyond every clock jump of the contract.
  const exp = Math.floor(clock.now() / 1_000) + 50 * 365 * 86_400
  const claims = { iss: ISSUER, sub: SUBJECT, aud: ['sts.aliyuncs.com'], exp }
  const signed = `${part({ alg: 'ES256', kid: 'key-1', typ: 'JWT' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  await writeFile(tokenFile, `${signed}.${signature.toString('base64url')}`)
})
afterAll(async () => {
  tls.setDefaultCACertificates(trustedBefore)
  await simulator.close()
})

type Who = 'known' | 'another' | 'refused'

interface Case {
  readonly name: string
  /** @default the configured identity */
  readonly choice?: OperatorIdentityChoice
  readonly env: (who: Who) => Environment
  /** Calls that fetch its credential, without those for its base identity. */
  readonly action?: RegExp
  readonly caller?: RegExp
  readonly cannot?: Partial<Record<CredentialProviderAbility, string>>
}

const key = (id = KEY.id): Environment => ({
  ALIBABA_CLOUD_ACCESS_KEY_ID: id,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.secret,
})
const role = (name: string): Environment => ({ ALIBABA_CLOUD_ROLE_ARN: roleArn(name) })
const remote = (name: string): Environment => ({ ALICLOUD_REMOTE_ROLE_ARN: roleArn(`remote-${name}`, PARTNER) })
const rrsa = (name: string): Environment => ({
  ...role(name),
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER,
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
})
const NO_SOURCE = 'the AccessKey is given once and for all; no service gives it'
const ONE_ROLE = 'a node has one role'
const assumed = { action: /^AssumeRole$/ }
/** The second of two hops. Calls of the first hop use another identity. */
const onMiddle = { ...assumed, caller: /assumed-role\/middle\// }
const node = { choice: 'worker-role' } as const

const CASES: readonly Case[] = [
  {
    name: 'an AccessKey',
    env: (who) => key(who === 'another' ? 'LTAI5tOther' : KEY.id),
    cannot: {
      refuse: NO_SOURCE,
      count: NO_SOURCE,
      renew: NO_SOURCE,
      outage: NO_SOURCE,
      hang: NO_SOURCE,
      expire: NO_SOURCE,
    },
  },
  { name: 'RRSA', env: rrsa, action: /^AssumeRoleWithOIDC$/ },
  {
    name: 'the worker role',
    ...node,
    env: () => ({}),
    action: /^GetRoleCredential$/,
    cannot: {
      another: ONE_ROLE,
      refuse: ONE_ROLE,
      renew: 'ECS gives the same credential again until shortly before its end',
    },
  },
  { name: 'a role on top of an AccessKey', ...assumed, env: (who) => ({ ...key(), ...role(who) }) },
  { name: 'a role on top of the worker role', ...node, ...assumed, env: role },
  { name: 'a remote role on top of an AccessKey', ...assumed, env: (who) => ({ ...key(), ...remote(who) }) },
  { name: 'a remote role on top of RRSA', ...assumed, env: (who) => ({ ...rrsa('middle'), ...remote(who) }) },
  { name: 'a remote role on top of the worker role', ...node, ...assumed, env: remote },
  {
    name: 'a remote role on top of a role of an AccessKey',
    ...onMiddle,
    env: (who) => ({ ...key(), ...role('middle'), ...remote(who) }),
  },
  {
    name: 'a remote role on top of a role of the worker role',
    ...node,
    ...onMiddle,
    env: (who) => ({ ...role('middle'), ...remote(who) }),
  },
]

for (const { name, choice, env, action = /^$/, caller, cannot } of CASES) {
  describeCredentialProviderContract({
    name,
    setUp: () => ({
      ...simulatedSource(simulator.control, { clock, action, ...defined({ caller }) }),
      canaries: [KEY.secret],
      open: ({ identity: who = 'known' }) => {
        const identity = operatorIdentityFromEnvironment(env(who), {
          stsEndpoint: new URL(simulator.sts ?? '').host,
          metadataEndpoint: new URL(simulator.metadata ?? '').host,
          clock,
          ...defined({ choice }),
        })
        if (identity === undefined) throw new Error(`no identity of ${name}`)
        return identity
      },
    }),
    ...defined({ cannot }),
  })
}
