import { readFile } from 'node:fs/promises'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, describe, expect, it } from 'vitest'
import type { Environment } from './internal/credentials/identity-variables.ts'
import { operatorIdentityFromEnvironment, type OperatorIdentityOptions } from './operator-identity.ts'
import { ACCOUNT, Cloud, PARTNER, PROVIDER, readAs, roleArn } from './testing/cloud-fixture.ts'
import { CANARY, connectionOf, readThrough, signal, store } from './testing/store-fixture.ts'

const worker: OperatorIdentityOptions = { enableWorkerRole: true }
const key = (id: string): Environment => ({
  ALIBABA_CLOUD_ACCESS_KEY_ID: id,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: CANARY,
})
const upstreamKey: Environment = { ACCESS_KEY_ID: 'LTAI5tDemo', SECRET_ACCESS_KEY: CANARY }
const role: Environment = { ALIBABA_CLOUD_ROLE_ARN: roleArn('reader') }
const remote: Environment = { ALICLOUD_REMOTE_ROLE_ARN: roleArn('shared', PARTNER) }
const rrsa = (prefix: string, tokenFile: string): Environment => ({
  [`${prefix}_ROLE_ARN`]: roleArn('operator'),
  [`${prefix}_OIDC_PROVIDER_ARN`]: PROVIDER,
  [`${prefix}_OIDC_TOKEN_FILE`]: tokenFile,
})
const session = (name: string, account = ACCOUNT): string => `acs:ram::${account}:assumed-role/${name}/`

/** By row of the table in the install page: environments, and the identity that reads with each. */
const ROWS: Readonly<
  Record<
    string,
    readonly (readonly [env: (tokenFile: string) => Environment, OperatorIdentityOptions, reader: string])[]
  >
> = {
  'the AccessKey': [
    [() => key('LTAI5tDemo'), {}, 'LTAI5tDemo'],
    [() => upstreamKey, {}, 'LTAI5tDemo'],
  ],
  'the role, by [RRSA](guides/rrsa.md)': [
    [(file) => rrsa('ALIBABA_CLOUD', file), {}, session('operator')],
    [(file) => rrsa('ALICLOUD', file), {}, session('operator')],
  ],
  'the [worker role](guides/worker-role.md)': [[() => ({}), worker, session('node')]],
  'that role, assumed': [
    [() => ({ ...key('LTAI5tPoor'), ...role }), {}, session('reader')],
    [() => role, worker, session('reader')],
  ],
  'that role of another account, assumed': [
    [() => ({ ...key('LTAI5tDemo'), ...remote }), {}, session('shared', PARTNER)],
    [(file) => ({ ...rrsa('ALIBABA_CLOUD', file), ...remote }), {}, session('shared', PARTNER)],
    [() => remote, worker, session('shared', PARTNER)],
    [() => ({ ...key('LTAI5tPoor'), ...role, ...remote }), {}, session('shared', PARTNER)],
    [() => ({ ...role, ...remote }), worker, session('shared', PARTNER)],
  ],
  'none: such stores are `AuthenticationFailed`': [],
}

const cloud = useFixture(() => Cloud.start())
afterEach(() => cloud.reset())

describe('the operator identity reads a secret', () => {
  const cases = Object.entries(ROWS).flatMap(([row, all]) => all.map((one, index) => [row, index + 1, ...one] as const))
  it.each(cases)('%s, %d', async (_row, _index, env, options, reader) => {
    const identity = operatorIdentityFromEnvironment(env(await cloud.tokenFile()), {
      ...options,
      stsEndpoint: cloud.host('sts'),
      metadataEndpoint: cloud.host('metadata'),
    })
    if (identity === undefined) throw new Error('no identity')
    const registry = cloud.registry({ defaults: { identity } })
    const { state, value } = await readAs(registry, store('own'))
    expect(state).toMatchObject({ ready: true, identity: identity.identity.description })
    expect(value).toBe('from-kms')
    expect(await readThrough(connectionOf(registry.resolve({ namespace: 'prod', provider: 'kms' })))).toBe('from-kms')
    const readers = await cloud.callers('GetSecretValue')
    expect(readers.map((each) => each.slice(0, reader.length))).toEqual([reader])
    await identity.close()
  })

  it('has no identity without variables', async () => {
    expect(operatorIdentityFromEnvironment({})).toBeUndefined()
    const state = await cloud.registry().upsert(store('own'), { signal })
    expect(state).toMatchObject({ ready: false, error: { code: 'Unauthenticated' } })
  })

  it('matches the table of the install page', async () => {
    const page = await readFile(new URL('../../../docs/install.md', import.meta.url), 'utf8')
    const [, table = ''] = page.split(/\| Set +\| Its identity is +\|\n/)
    const rows = table.split('\n\n')[0]?.split('\n').slice(1) ?? []
    const identities = rows.map((row) => row.split('|').at(-2)?.trim())
    expect(identities).toEqual(Object.keys(ROWS))
  })
})
