import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { inspect } from 'node:util'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, describe, expect, it } from 'vitest'
import type { StoreResource } from './store-references.ts'
import { ACCOUNT, Cloud, OPERATOR, PARTNER, PROVIDER, readAs, readApp, roleArn } from './testing/cloud-fixture.ts'
import { clusterStoreOf, connectionOf, keyRefs, signal, store, storeOf } from './testing/store-fixture.ts'

const cloud = useFixture(() => Cloud.start())
afterEach(() => cloud.reset())

const assumed = (role: string, account = ACCOUNT) => `acs:ram::${account}:assumed-role/${role}/ack-secret-manager`
const caller = (arn: string) => ({ arn: expect.stringContaining(arn) as string, account: arn.split(':')[3] })

/** Status of a store, the caller that KMS sees, and the description of the identity. */
interface Path {
  readonly spec: (cloud: Cloud) => object | Promise<object>
  readonly seen: string
  readonly says: RegExp
  readonly value?: string
  readonly action?: string
  readonly isClientKey?: true
}

const PATHS: Readonly<Record<string, Path>> = {
  'an AccessKey': {
    spec: () => ({ KMS: { KMSAuth: keyRefs('rich') } }),
    seen: 'LTAI5tDemo',
    says: /^AccessKey LTAI5tDemo$/,
  },
  AssumeRole: {
    spec: () => ({ KMS: { KMSAuth: { ...keyRefs('poor'), ramRoleARN: roleArn('reader') } } }),
    seen: assumed('reader'),
    says: /role acs:ram::\d+:role\/reader assumed by AccessKey LTAI5tPoor/,
  },
  'AssumeRole across accounts': {
    spec: () => ({ KMS: { KMSAuth: { ...keyRefs('poor'), remoteRamRoleArn: roleArn('shared', PARTNER) } } }),
    seen: assumed('shared', PARTNER),
    says: /role acs:ram::9876543210987654:role\/shared assumed by AccessKey LTAI5tPoor/,
  },
  'a chain of roles': {
    spec: () => ({
      KMS: {
        KMSAuth: {
          ...keyRefs('poor'),
          ramRoleARN: roleArn('reader'),
          remoteRamRoleARN: roleArn('shared', PARTNER),
          remoteRamRoleSessionName: 'ack-secret-manager',
          roleSessionExpiration: '900',
        },
      },
    }),
    seen: assumed('shared', PARTNER),
    says: /shared assumed by role .*reader assumed by AccessKey LTAI5tPoor/,
  },
  'a chain of roles that demand external ids': {
    spec: () => ({
      KMS: {
        KMSAuth: {
          ...keyRefs('poor'),
          ramRoleARN: roleArn('guarded'),
          ramRoleExternalId: 'ours',
          remoteRamRoleARN: roleArn('guarded-too', PARTNER),
          remoteRamRoleExternalId: 'theirs',
        },
      },
    }),
    seen: assumed('guarded-too', PARTNER),
    says: /guarded-too assumed by role .*guarded assumed by AccessKey LTAI5tPoor/,
  },
  'the worker role': {
    spec: () => ({ KMS: { KMSAuth: { workerRole: {} } } }),
    seen: 'assumed-role/node/',
    says: /^worker role of this node$/,
  },
  'a role of the worker role': {
    spec: () => ({ KMS: { KMSAuth: { workerRole: {}, ramRoleARN: roleArn('reader') } } }),
    seen: assumed('reader'),
    says: /reader assumed by worker role/,
  },
  RRSA: {
    spec: async () => ({
      KMS: {
        KMSAuth: {
          ramRoleARN: roleArn('operator'),
          oidcProviderARN: PROVIDER,
          oidcTokenFilePath: await cloud.tokenFile(` \uFEFF${cloud.tokenOf(OPERATOR)}\n`),
        },
      },
    }),
    seen: assumed('operator'),
    says: /role .*operator of token file /,
  },
  'RRSA of a workload': {
    spec: () => ({ KMS: { KMSAuth: { serviceAccountRef: { name: 'web' } } } }),
    seen: assumed('web'),
    says: /role .*web of ServiceAccount prod\/web/,
  },
  'RRSA of a workload across accounts': {
    spec: () => ({
      KMS: {
        KMSAuth: {
          serviceAccountRef: { name: 'web', audiences: ['sts.aliyuncs.com', 'other'] },
          ramRoleARN: roleArn('web'),
          remoteRamRoleARN: roleArn('shared', PARTNER),
        },
      },
    }),
    seen: assumed('shared', PARTNER),
    says: /shared assumed by role .*web of ServiceAccount prod\/web/,
  },
  'a client key at an instance': {
    spec: () => cloud.instanceSpec(),
    seen: 'KAAP.demo',
    says: /^client key KAAP\.demo$/,
    isClientKey: true,
  },
  'a RAM identity at an instance': {
    spec: async () => ({
      KMS: {
        KMSAuth: { ...keyRefs('poor'), ramRoleARN: roleArn('reader') },
        dedicatedKMSAuth: { protocol: 'https', endpoint: cloud.host('instance'), ca: await cloud.instanceCa() },
      },
    }),
    seen: assumed('reader'),
    says: /reader assumed by/,
  },
  OOS: {
    spec: () => ({ OOS: { OOSAuth: keyRefs('rich') } }),
    seen: 'LTAI5tDemo',
    says: /^AccessKey LTAI5tDemo$/,
    value: 'from-oos',
    action: 'GetSecretParameter',
  },
}

async function prepare(): Promise<void> {
  cloud.keep('rich', 'LTAI5tDemo')
  cloud.keep('poor', 'LTAI5tPoor', 'canary-secret\n')
  await cloud.keepClientKey('aap', 'KAAP.demo')
  cloud.serviceAccounts.set('prod/web', { uid: 'uid-web', roleArn: roleArn('web') })
}

describe('a store reads with', () => {
  it.each(Object.entries(PATHS))('%s', async (_what, { spec, seen, says, value = 'from-kms', action, isClientKey }) => {
    await prepare()
    const registry = cloud.registry()
    const resource = storeOf('kms', await spec(cloud))
    const { state, value: read } = await readAs(registry, resource)
    expect(read).toBe(value)
    expect(state).toMatchObject({ ready: true, identity: expect.stringMatching(says) })
    const callers = await cloud.callers(action ?? 'GetSecretValue')
    expect(callers).toEqual([expect.stringContaining(seen)])

    if (isClientKey) {
      expect(state).toMatchObject({ expiresAtMs: expect.any(Number) })
      expect(state).not.toHaveProperty('caller')
    } else {
      const expected = seen.startsWith('LTAI') ? caller(`acs:ram::${ACCOUNT}:`) : caller(callers[0] ?? '')
      expect(state).toMatchObject({ caller: expected })
      // Verified once, then cached.
      expect(await registry.upsert(resource, { signal })).toMatchObject({ caller: expected })
      expect(await cloud.count('GetCallerIdentity')).toBe(1)
    }
    expect(inspect([state, registry], { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('all of them at once, each with its own identity', async () => {
    await prepare()
    const registry = cloud.registry()
    for (const [index, { spec }] of Object.values(PATHS).entries()) {
      expect(await registry.upsert(storeOf(`s${index}`, await spec(cloud)), { signal })).toMatchObject({ ready: true })
    }
    for (const [index, { value = 'from-kms' }] of Object.values(PATHS).entries()) {
      expect(await readApp(registry, `s${index}`)).toBe(value)
    }
    // Stores share one session per role chain and session duration.
    expect(await cloud.count('AssumeRole')).toBe(8)
    expect(await cloud.count('AssumeRoleWithOIDC')).toBe(3)
    expect(await cloud.count('GetRoleCredential')).toBe(1)
  })

  it('the worker role that it names, without a token only with allowMetadataV1', async () => {
    const registry = cloud.registry()
    const named = (more: object) => storeOf('kms', { KMS: { KMSAuth: { workerRole: { roleName: 'node', ...more } } } })
    try {
      await cloud.control('PUT', 'metadata', { tokenService: false })
      expect(await registry.upsert(named({}), { signal })).toMatchObject({ ready: false })
      expect(await cloud.count('GetRoleCredential')).toBe(0)
      const { state, value } = await readAs(registry, named({ allowMetadataV1: true }))
      expect(state).toMatchObject({ ready: true, identity: 'worker role node' })
      expect(value).toBe('from-kms')
      expect([await cloud.count('GetRoleName'), await cloud.count('GetRoleCredential')]).toEqual([0, 1])
    } finally {
      await cloud.control('PUT', 'metadata', { tokenService: true })
    }
  })

  it('the operator identity by default, in KMS and in OOS', async () => {
    const { operatorIdentityFromEnvironment } = await import('./operator-identity.ts')
    const identity = operatorIdentityFromEnvironment({
      ACCESS_KEY_ID: 'LTAI5tDemo',
      SECRET_ACCESS_KEY: 'canary-secret',
    })
    if (identity === undefined) throw new Error('no identity')
    const registry = cloud.registry({ defaults: { identity } })
    expect((await readAs(registry, storeOf('kms', { KMS: {} }))).value).toBe('from-kms')
    expect((await readAs(registry, storeOf('oos', { OOS: {} }))).value).toBe('from-oos')
    for (const [provider, value] of [
      ['kms', 'from-kms'],
      ['oos', 'from-oos'],
    ] as const) {
      const { backend } = connectionOf(registry.resolve({ namespace: 'prod', provider }))
      const read = await backend.read({ name: 'app/db' }, { signal })
      expect(new TextDecoder().decode(read.bytes.expose())).toBe(value)
    }
  })

  it('references of a ClusterSecretStore in any namespace', async () => {
    await prepare()
    const registry = cloud.registry()
    const shared = clusterStoreOf('shared', {
      KMS: { KMSAuth: { serviceAccountRef: { name: 'web', namespace: 'prod' } } },
    })
    expect(await registry.upsert(shared, { signal })).toMatchObject({ ready: true, caller: caller(assumed('web')) })
    expect(registry.sourcesOf('', 'shared').serviceAccounts).toEqual([{ namespace: 'prod', name: 'web' }])
    const ref = { name: 'shared', kind: 'ClusterSecretStore' } as const
    expect(await readApp(registry, 'shared', { namespace: 'dev', ref })).toBe('from-kms')
  })
})

it('checks access if the backend supports it', async () => {
  await prepare()
  const registry = cloud.registry()
  const accessThrough = async (resource: StoreResource) => {
    await registry.upsert(resource, { signal })
    const { backend } = connectionOf(registry.resolve({ namespace: 'prod', ref: { name: resource.metadata.name } }))
    return backend.checkAccess?.({ name: 'app/db' }, { signal })
  }
  expect(await accessThrough(store('rich', { KMSAuth: keyRefs('rich') }))).toEqual({ allowed: true })
  expect(await accessThrough(storeOf('oos', { OOS: { OOSAuth: keyRefs('rich') } }))).toBeUndefined()
})

describe('a credential that changes', () => {
  const rotate = async (resource: StoreResource, change: () => Promise<void> | void) => {
    await prepare()
    const registry = cloud.registry()
    await readAs(registry, resource)
    await change()
    return { registry, ...(await readAs(registry, resource)) }
  }

  it('an AccessKey: the new one is used immediately, even if the old one is deleted', async () => {
    await cloud.control('PUT', 'accessKeys/LTAI5tOld', {
      secret: 'canary-secret',
      allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }],
    })
    const resource = store('kms', { KMSAuth: keyRefs('old') })
    cloud.keep('old', 'LTAI5tOld')
    const { state, value } = await rotate(resource, async () => {
      cloud.keep('old', 'LTAI5tDemo')
      await cloud.control('DELETE', 'accessKeys/LTAI5tOld')
    })
    expect([value, state]).toEqual(['from-kms', expect.objectContaining({ identity: 'AccessKey LTAI5tDemo' })])
  })

  it('an AccessKey below a role: the role is assumed again', async () => {
    const resource = store('kms', { KMSAuth: { ...keyRefs('poor'), remoteRamRoleARN: roleArn('shared', PARTNER) } })
    const { state } = await rotate(resource, () => cloud.keep('poor', 'LTAI5tDemo'))
    expect(state).toMatchObject({ identity: expect.stringContaining('assumed by AccessKey LTAI5tDemo') })
  })

  it('a client key', async () => {
    const { spec } = PATHS['a client key at an instance'] as Path
    const { state } = await rotate(storeOf('kms', await spec(cloud)), () => cloud.keepClientKey('aap', 'KAAP.spare'))
    expect(state).toMatchObject({ ready: true, identity: 'client key KAAP.spare' })
  })

  it('a re-created ServiceAccount is another identity; a deleted one ends its sessions', async () => {
    const resource = store('kms', { KMSAuth: { serviceAccountRef: { name: 'web' } } })
    const { registry } = await rotate(resource, () => {
      cloud.serviceAccounts.set('prod/web', { uid: 'uid-web-2', roleArn: roleArn('web') })
    })
    expect(await cloud.count('AssumeRoleWithOIDC')).toBe(2)
    expect(registry.sourcesOf('prod', 'kms').serviceAccounts).toEqual([{ namespace: 'prod', name: 'web' }])
    cloud.serviceAccounts.clear()
    expect(await registry.upsert(resource, { signal })).toMatchObject({
      ready: false,
      error: {
        code: 'Unauthenticated',
        message: 'SecretStore prod/kms: spec.KMS.KMSAuth.serviceAccountRef: ServiceAccount prod/web does not exist',
      },
    })
    expect(registry.resolve({ namespace: 'prod', ref: { name: 'kms' } })).toMatchObject({ kind: 'error' })
  })

  describe('a token file', () => {
    const prepared = async () => {
      const file = await cloud.tokenFile()
      const resource = store('kms', { KMSAuth: { ramRoleARN: roleArn('operator'), oidcTokenFilePath: file } })
      const registry = cloud.registry()
      await readAs(registry, resource)
      return { file, resource, registry, replace: (token: string) => cloud.tokenFile(token, basename(file)) }
    }

    it('with a newer token of the same subject keeps its session', async () => {
      const { resource, registry, replace } = await prepared()
      await replace(cloud.tokenOf(OPERATOR, undefined, { iat: 1 }))
      const before = registry.leadsTo('prod', 'kms')
      expect(await registry.upsert(resource, { signal })).toMatchObject({ ready: true })
      expect(registry.leadsTo('prod', 'kms')).toBe(before)
      expect(await cloud.count('AssumeRoleWithOIDC')).toBe(1)
    })

    it.each<[string, () => string, RegExp]>([
      ['of another ServiceAccount', () => cloud.tokenOf('system:serviceaccount:prod:web'), /trust policy .*prod:web/],
      ['for another audience', () => cloud.tokenOf(OPERATOR, ['vault']), /no audience of the token .*vault/],
      ['that has expired', () => cloud.tokenOf(OPERATOR, undefined, { exp: 1_000 }), /expired at 1970/],
    ])('with a token %s is validated immediately, although the session is still valid', async (_what, token, says) => {
      const { resource, registry, replace } = await prepared()
      await replace(token())
      expect(await registry.upsert(resource, { signal })).toMatchObject({
        ready: false,
        error: { code: 'Unauthenticated', message: expect.stringMatching(says) },
      })
      expect(registry.resolve({ namespace: 'prod', ref: { name: 'kms' } })).toMatchObject({ kind: 'error' })
    })

    it('that is deleted makes its store not ready until it exists again', async () => {
      const { file, resource, registry, replace } = await prepared()
      await rm(file)
      expect(await registry.upsert(resource, { signal })).toMatchObject({
        ready: false,
        error: {
          message: expect.stringMatching(
            /^SecretStore prod\/kms: spec\.KMS\.KMSAuth\.oidcTokenFilePath: .* does not exist/,
          ),
        },
      })
      await replace(cloud.tokenOf(OPERATOR))
      expect((await readAs(registry, resource)).value).toBe('from-kms')
    })

    it("is watched if the store may use it, also the operator's", async () => {
      const { file, registry } = await prepared()
      const named = (oidcTokenFilePath?: string): StoreResource =>
        store('s', {
          KMSAuth: { ramRoleARN: roleArn('operator'), ...(oidcTokenFilePath ? { oidcTokenFilePath } : {}) },
        })
      const watched = async (resource: StoreResource): Promise<readonly string[]> => {
        await registry.upsert(resource, { signal })
        return registry.sourcesOf('prod', 's').tokenFiles
      }
      expect(await watched(named(file))).toEqual([file])
      expect(await watched(named())).toEqual(['/var/run/secrets/tokens/ack-secret-manager'])
      expect(await watched(named('/etc/passwd'))).toEqual([])
    })
  })

  it('a revoked session is replaced within the read that is refused', async () => {
    const resource = store('kms', { KMSAuth: { serviceAccountRef: { name: 'web' } } })
    await prepare()
    const registry = cloud.registry()
    await readAs(registry, resource)
    await cloud.control('DELETE', 'sessions')
    expect(await readApp(registry, 'kms')).toBe('from-kms')
  })
})

describe('while STS is unavailable', () => {
  it('a new store is not ready with a reason, and reads work when STS is back', async () => {
    await prepare()
    const registry = cloud.registry()
    await cloud.control('POST', 'faults', { fault: 'http503', match: { action: 'AssumeRole' } })
    const resource = store('kms', { KMSAuth: { ...keyRefs('poor'), ramRoleARN: roleArn('reader') } })
    expect(await registry.upsert(resource, { signal })).toMatchObject({
      ready: false,
      error: { code: 'Unavailable', message: expect.stringMatching(/^SecretStore prod\/kms: spec\.KMS\.KMSAuth: /) },
    })
    const connection = connectionOf(registry.resolve({ namespace: 'prod', ref: { name: 'kms' } }))
    await cloud.control('DELETE', 'faults')
    await expect.poll(async () => (await connection.backend.read({ name: 'app/db' }, { signal })).versionId).toBe('v1')
    expect(await registry.upsert(resource, { signal })).toMatchObject({ ready: true })
  })

  it('a store that has a session stays ready', async () => {
    await prepare()
    const registry = cloud.registry()
    const resource = store('kms', { KMSAuth: { ...keyRefs('poor'), ramRoleARN: roleArn('reader') } })
    await readAs(registry, resource)
    await cloud.control('POST', 'faults', { fault: 'http503', match: { action: 'AssumeRole' } })
    expect(await registry.upsert(resource, { signal })).toMatchObject({ ready: true })
    expect(await readApp(registry, 'kms')).toBe('from-kms')
  })
})
