import { readFile } from 'node:fs/promises'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  ACCOUNT,
  forEachIndex,
  type OperatorProcess,
  providerArn,
  roleArn,
  TestEnvironment,
  trustOf,
  until,
} from '@ack-secret-manager/testenv'
import { canary } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ASSUME, indices, KEYS, nameOf, PARTNER, READ, secretOf, SECRETS, seedOf, valueOf } from './identity-seed.ts'
import { ReadyWatch } from './ready-watch.ts'

const INTERVAL_MS = 4_000
/** First backoff after a denial (2 s), plus the read, its queue and two writes on a busy machine. */
const BACKOFF_STEP_MS = 9_000
/** Time for 450 reads and writes on such a machine. */
const ALL_MS = 120_000
const LABEL = { 'example.com/may-read': 'shared' }
const PATHS = [
  'access-key',
  'worker-role',
  'rrsa',
  'rrsa-workload',
  'assume-role',
  'aap',
  'instance-ram',
  'oos',
] as const
const STORES = [...PATHS, 'shared'] as const
type Store = (typeof STORES)[number]

/** The identity that KMS sees for a store, before and after the rotation. */
const READERS: Readonly<Record<Store, readonly [string, string]>> = {
  'access-key': ['LTAI5tPlain', 'LTAI5tPlainNext'],
  'worker-role': [`acs:ram::${ACCOUNT}:assumed-role/node`, `acs:ram::${ACCOUNT}:assumed-role/node`],
  rrsa: [`acs:ram::${ACCOUNT}:assumed-role/operator`, `acs:ram::${ACCOUNT}:assumed-role/operator`],
  'rrsa-workload': [`acs:ram::${ACCOUNT}:assumed-role/shop`, `acs:ram::${ACCOUNT}:assumed-role/shop`],
  'assume-role': [`acs:ram::${PARTNER}:assumed-role/shared`, `acs:ram::${PARTNER}:assumed-role/shared`],
  aap: ['KAAP.first', 'KAAP.next'],
  'instance-ram': ['LTAI5tInstance', 'LTAI5tInstanceNext'],
  oos: ['LTAI5tOos', 'LTAI5tOosNext'],
  shared: ['LTAI5tShared', 'LTAI5tSharedNext'],
}

describeCluster('one operator and every identity', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let watch: ReadyWatch
  let operator: OperatorProcess
  let tokenFile: string

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: (issuer) => seedOf(issuer, cluster.namespace) })
    await env.labelNamespace(LABEL)
    await env.serviceAccount('operator')
    await env.serviceAccount('shop', { 'ack.alibabacloud.com/role-arn': roleArn('shop') })
    tokenFile = await env.tokenFile('operator')
    for (const [store, id] of Object.entries(KEYS)) await env.putSecret(`${store}-key`, { id, secret: secretOf(id) })
    await env.putSecret('client-key', await env.simulator.clientKey('KAAP.first'))
    const specs = await storeSpecs()
    for (const name of PATHS) await env.apply('SecretStore', name, specs[name])
    const shared = await env.clusterStore('shared', specs.shared)
    await forEachIndex(STORES.length * SECRETS, 8, (at) => {
      const store = STORES[Math.floor(at / SECRETS)] ?? 'shared'
      const index = at % SECRETS
      const secretStoreRef = store === 'shared' ? { kind: 'ClusterSecretStore', name: shared } : { name: store }
      const key = `shop-${nameOf(index)}`
      return env.apply('ExternalSecret', `${store}-${nameOf(index)}`, {
        ...(store === 'oos' ? { provider: 'oos' } : {}),
        data: [{ key, name: 'password', secretStoreRef }],
      })
    })
    watch = await ReadyWatch.start(cluster)
    operator = await env.leader('--enable-worker-role', `--polling-interval=${INTERVAL_MS}ms`, '--log-level=info')
  })
  afterAll(async () => {
    await watch?.[Symbol.asyncDispose]()
    await env?.[Symbol.asyncDispose]()
  })

  async function storeSpecs(): Promise<Record<Store, object>> {
    const key = (store: Store, more: object = {}): object => {
      const where = { name: `${store}-key`, ...more }
      return { accessKey: { ...where, key: 'id' }, accessKeySecret: { ...where, key: 'secret' } }
    }
    const instance = await env.simulator.instance()
    const clientKey = (name: string): object => ({ name: 'client-key', key: name })
    const kms = (KMSAuth: object): object => ({ KMS: { KMSAuth } })
    return {
      'access-key': kms(key('access-key')),
      'worker-role': kms({ workerRole: {} }),
      rrsa: kms({
        ramRoleARN: roleArn('operator'),
        oidcProviderARN: providerArn('operators'),
        oidcTokenFilePath: tokenFile,
      }),
      'rrsa-workload': kms({ serviceAccountRef: { name: 'shop' }, oidcProviderARN: providerArn('workloads') }),
      'assume-role': kms({
        ...key('assume-role'),
        ramRoleARN: roleArn('reader'),
        remoteRamRoleARN: roleArn('shared', PARTNER),
      }),
      aap: {
        KMS: {
          dedicatedKMSAuth: { ...instance, clientKeyContent: clientKey('file'), password: clientKey('password') },
        },
      },
      'instance-ram': { KMS: { KMSAuth: key('instance-ram'), dedicatedKMSAuth: instance } },
      oos: { OOS: { OOSAuth: key('oos') } },
      shared: {
        ...kms(key('shared', { namespace: cluster.namespace })),
        conditions: [{ namespaceSelector: { matchLabels: LABEL } }],
      },
    }
  }

  /** Waits until every ExternalSecret is Ready and every store has read every secret with its identity. */
  async function untilRead(rotation: 0 | 1): Promise<void> {
    const wanted = STORES.map((store) => `${store} by ${READERS[store][rotation]}: ${SECRETS} secrets`)
    let seen: readonly string[] = []
    const read = async (): Promise<boolean> => {
      const calls = (await env.simulator.calls()).calls.filter(
        ({ action, result }) => action.startsWith('GetSecret') && result === 'OK',
      )
      seen = STORES.map((store) => {
        const reader = READERS[store][rotation]
        const secrets = calls.filter(({ identity }) => identity === reader || identity.startsWith(`${reader}/`))
        return `${store} by ${reader}: ${new Set(secrets.map(({ secret }) => secret)).size} secrets`
      })
      return seen.join() === wanted.join() && watch.ready === STORES.length * SECRETS
    }
    await until('all stores read with their identity', read, { deadlineMs: ALL_MS, pauseMs: 200 }).catch(
      (error: unknown) => {
        expect({ seen, missing: watch.missing }).toEqual({ seen: wanted, missing: [] })
        throw error
      },
    )
  }

  /** Calls that issued a credential or returned an identity. */
  async function stsCalls(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { action, result, count } of (await env.simulator.calls()).calls) {
      if (/^(AssumeRole|GetCallerIdentity|GetRoleCredential)/.test(action) && result === 'OK') {
        counts[action] = (counts[action] ?? 0) + count
      }
    }
    return counts
  }

  async function versions(): Promise<Record<string, string>> {
    const { body } = await cluster.request<{ items: { metadata: { name: string; resourceVersion: string } }[] }>(
      'GET',
      `/api/v1/namespaces/${cluster.namespace}/secrets?labelSelector=alibabacloud.com/managed-by%3Dack-secret-manager`,
    )
    return Object.fromEntries(body.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
  }

  /** Gaps without a valid credential since the last call. */
  function absences(of: string): void {
    const all = watch.absences.splice(0)
    const longestMs = Math.max(0, ...all.map(({ durationMs }) => durationMs))
    const stores = [...new Set(all.map(({ name, reason }) => `${name.replace(/-\d+$/, '')} ${reason}`))]
    console.log(
      `${of}: ${all.length} ExternalSecrets left Ready, the longest for ${longestMs.toFixed(0)} ms (${stores.join(', ')})`,
    )
    expect(watch.missing).toEqual([])
    expect(all.filter(({ durationMs }) => durationMs > BACKOFF_STEP_MS)).toEqual([])
  }

  it('becomes Ready for all, with one STS call per identity', async () => {
    await untilRead(0)
    for (const name of PATHS) await env.untilReason('secretstores', name, 'Ready')
    // Two roles by token, two hops by AssumeRole, the node's role; all but the client key are RAM identities.
    await until(
      'STS has returned their identities',
      async () => (await stsCalls())['GetCallerIdentity'] === STORES.length - 1,
    )
    expect(await stsCalls()).toEqual({
      AssumeRoleWithOIDC: 2,
      AssumeRole: 2,
      GetRoleCredential: 1,
      GetCallerIdentity: STORES.length - 1,
    })
    expect(watch.absences).toEqual([])
    const limited = [...(await operator.metrics()).matchAll(/^acksm_rate_limit\{account="([^"]+)"/gm)]
    // Not by AccessKey or role: each counts for its account, once STS has returned it.
    const places = [ACCOUNT, PARTNER, env.simulator.host('instance')]
    expect(new Set(limited.map(([, account]) => account))).toEqual(new Set(places))
  })

  it('continues with new keys when the old ones are deleted', async () => {
    const before = await versions()
    await env.simulator.control('DELETE', 'calls')
    for (const [store, id] of Object.entries(KEYS)) {
      const next = `${id}Next`
      const allow = store === 'assume-role' ? ASSUME : READ
      await env.simulator.control('PUT', `accessKeys/${next}`, { secret: secretOf(next), allow })
      await env.putSecret(`${store}-key`, { id: next, secret: secretOf(next) })
      await env.simulator.control('DELETE', `accessKeys/${id}`)
    }
    const { file, password } = (await env.simulator.control('PUT', 'clientKeys/KAAP.next', {
      password: canary('password-next'),
    })) as {
      file: string
      password: string
    }
    await env.putSecret('client-key', { file: await readFile(file, 'utf8'), password })
    await env.simulator.control('DELETE', 'clientKeys/KAAP.first')
    await untilRead(1)
    absences('new keys')
    expect(await versions()).toEqual(before)
    const keys = Object.keys(KEYS).length
    await until(
      'STS has returned the new identities',
      async () => ((await stsCalls())['GetCallerIdentity'] ?? 0) >= keys,
    )
    // Only the AccessKey below the two hops is a new identity for STS.
    const { GetCallerIdentity: asked, ...sessions } = await stsCalls()
    expect(sessions).toEqual({ AssumeRole: 2 })
    // One that KMS still denies after three seconds is verified again.
    expect(asked).toBeLessThanOrEqual(2 * keys)
  })

  it('continues with new sessions and a new token when the old ones are revoked', async () => {
    const before = await versions()
    await env.simulator.control('PUT', `oidcProviders/${encodeURIComponent(providerArn('operators'))}`, {
      ...env.issuer,
      clientIds: ['rotated'],
    })
    await env.simulator.control('PUT', 'roles/operator', {
      trust: trustOf(env.issuer, cluster.namespace, 'operator', 'rotated'),
    })
    await env.simulator.control('DELETE', 'calls')
    // Another audience is a new identity, noticed although the session is still valid.
    await env.tokenFile('operator', 'rotated')
    await until('the new token is used', async () => (await stsCalls())['GetCallerIdentity'] === 1)
    expect(await stsCalls()).toEqual({ AssumeRoleWithOIDC: 1, GetCallerIdentity: 1 })
    await env.simulator.control('PUT', 'metadata', {})
    // Counted before the sessions end, because they may be renewed at once.
    await env.simulator.control('DELETE', 'calls')
    await env.simulator.control('DELETE', 'sessions')
    await untilRead(1)
    absences('new sessions')
    expect(await versions()).toEqual(before)
    // Here two hops may take longer than three seconds.
    const { GetCallerIdentity: asked = 0, ...sessions } = await stsCalls()
    expect(sessions).toEqual({ AssumeRoleWithOIDC: 2, AssumeRole: 2, GetRoleCredential: 1 })
    const identities = Object.values(sessions).reduce((sum, calls) => sum + calls, 0)
    expect(asked).toBeLessThanOrEqual(2 * identities)
  })

  it('delivers new values through all stores, and no Secret ever had any other', async () => {
    const secrets = indices.map((index) => ({
      name: `shop-${nameOf(index)}`,
      data: valueOf(index, 1),
      versionId: 'v2',
    }))
    await env.simulator.control('PUT', 'secrets', secrets)
    for (const { name, data } of secrets) await env.simulator.control('PUT', `parameters/${name}`, { value: data })
    const changed = async (): Promise<boolean> =>
      STORES.every((store) => indices.every((index) => statesOf(store, index).length >= 2))
    await until('all Secrets have changed', changed, { deadlineMs: ALL_MS })
    for (const store of STORES) {
      for (const index of indices) {
        const states = [0, 1].map((revision) => ({ password: btoa(valueOf(index, revision)) }))
        expect(statesOf(store, index), `${store}-${nameOf(index)}`).toEqual(states)
      }
    }
    expect(watch.absences).toEqual([])
    expect(await operator.metrics()).toContain('acksm_resources{kind="ExternalSecret",ready="True"} 450')
  })

  function statesOf(store: Store, index: number) {
    return watch.secrets.get(`${store}-${nameOf(index)}`) ?? []
  }
})
