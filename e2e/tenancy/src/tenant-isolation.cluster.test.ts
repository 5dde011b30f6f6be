import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { accessKeyStore, until } from '@ack-secret-manager/testenv'
import { afterAll, describe, expect, it } from 'vitest'
import { findLeaks } from '@ack-secret-manager/test-support/canary'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { DIGEST_KEY_SECRET } from './tenancy-environment.ts'
import { objectsOf, type TenantAttempt } from './tenant-attempt.ts'
import { ATTEMPTS } from './tenant-attempts.ts'
import { FORGERIES } from './tenant-forgeries.ts'
import { TenancyEnvironment, VICTIM, VICTIM_VALUE } from './tenancy-environment.ts'

/** Attempts by what the tenant tries to read or change. */
const ALL: Readonly<Record<string, TenantAttempt>> = { ...ATTEMPTS, ...FORGERIES }

describeCluster('a tenant', { timeout: 240_000 }, () => {
  const places = { tenant: useCluster(), victim: useCluster(), home: useCluster() }
  const names = Object.keys(ALL)
  const outcomes: string[] = []

  const env = useFixture(() => TenancyEnvironment.open(places))
  afterAll(async () => {
    console.log([`${names.length} attempts, ${outcomes.length} refused`, ...outcomes].join('\n'))
  })

  describe('cannot read or change', () => {
    it.each(names)('%s', async (what) => {
      const attempt = ALL[what]
      if (attempt === undefined) throw new Error(`no attempt ${what}`)
      const name = `attempt-${names.indexOf(what)}`
      const objects = objectsOf(env, attempt)
      const kept = attempt.keeps === 'attempt' ? name : attempt.keeps
      const spec = await attempt.spec(env, name)
      const before = kept === undefined ? undefined : await objects.secret(kept)
      if (kept !== undefined) expect(before).toBeDefined()

      const object = {
        apiVersion: 'alibabacloud.com/v1alpha1',
        kind: attempt.kind ?? 'ExternalSecret',
        metadata: { ...attempt.metadata?.(env), name },
        spec,
      }
      const said = await outcome(objects, object, attempt.reason)
      expect(said).toMatchObject({ reason: attempt.reason, message: expect.stringMatching(attempt.says) as unknown })
      expect(await objects.secret(kept ?? name)).toEqual(before)
      expect(await env.thefts()).toEqual([])
      expect(env.trap.connections()).toBe(0)
      outcomes.push(`${what} | ${said?.reason} | ${kept === undefined ? 'no Secret' : 'Secret unchanged'} | 0 reads`)
    })
  })

  it('loses access to a store when its namespace loses the label', async () => {
    const { tenant } = env
    await tenant.labelNamespace({ team: 'guests' })
    const spec = {
      ...accessKeyStore('shared-key', places.victim.namespace),
      conditions: [{ namespaceSelector: { matchLabels: { team: 'guests' } } }],
    }
    const secretStoreRef = { kind: 'ClusterSecretStore', name: await tenant.clusterStore('guests', spec) }
    await tenant.apply('ExternalSecret', 'guest', { data: [{ key: VICTIM, name: 'password', secretStoreRef }] })
    const before = await tenant.untilSecret('guest', { password: VICTIM_VALUE })

    await places.tenant.request('PATCH', `/api/v1/namespaces/${places.tenant.namespace}`, {
      metadata: { labels: { team: null } },
    })
    await tenant.untilReason('externalsecrets', 'guest', 'StoreNotAllowed')
    await tenant.simulator.control('PUT', `secrets/${encodeURIComponent(VICTIM)}`, { data: `${VICTIM_VALUE}-new` })
    const refresh = { metadata: { annotations: { 'alibabacloud.com/refresh-now': 'please' } } }
    for (const [objects, name] of [
      [tenant, 'guest'],
      [env.victim, 'own'],
    ] as const) {
      await places.tenant.request('PATCH', objects.resourcePath('externalsecrets', name), refresh)
    }
    // One read updates both Secrets in separate writes: wait for both before the next check.
    for (const name of ['own', 'made']) await env.victim.untilSecret(name, { password: `${VICTIM_VALUE}-new` })
    expect(await tenant.secret('guest')).toEqual(before)
  })

  it('gets nothing from a ClusterExternalSecret by forging its annotation, owner reference or labels', async () => {
    const { tenant, victim, maker } = env
    const [before, thefts] = [await victim.secret('made'), await env.thefts()]
    // The API server restores this label, so no tenant can set it.
    await tenant.labelNamespace({ 'kubernetes.io/metadata.name': victim.cluster.namespace })
    const { name, uid } = maker
    const reference = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ClusterExternalSecret', name, uid }
    await tenant.applyObject({
      apiVersion: reference.apiVersion,
      kind: 'ExternalSecret',
      metadata: {
        name: 'forged',
        annotations: { 'alibabacloud.com/made-as': `${tenant.cluster.namespace}/forged` },
        ownerReferences: [{ ...reference, controller: true }],
      },
      spec: {
        data: [
          { key: VICTIM, name: 'password', secretStoreRef: { kind: 'ClusterSecretStore', name: env.victimStore } },
        ],
      },
    })
    const externalSecrets = async (): Promise<string> =>
      JSON.stringify(
        (await tenant.cluster.request('GET', tenant.resourcePath('externalsecrets', '').slice(0, -1))).body,
      )
    // The forged owner does not select this namespace.
    await until('the forged one is gone', async () => !(await externalSecrets()).includes('"name":"forged"'))
    expect(await externalSecrets()).not.toContain('"name":"made"')
    expect([await tenant.secret('forged'), await tenant.secret('made')]).toEqual([undefined, undefined])
    expect(await victim.secret('made')).toEqual(before)
    expect(await env.thefts()).toEqual(thefts)
  })

  it('sees no value that it cannot read', async () => {
    expect(findLeaks(await env.tenant.visibleObjects(), ['canary-', VICTIM_VALUE])).toEqual([])
  })

  it('sees no name of another tenant except those that it specified itself', async () => {
    const said = await env.visibleToTenant()
    expect(said).toContain(env.victimStore)
    for (const name of ['LTAI5tShared', 'LTAI5tOwn', 'shared-key', 'hidden-key', 'role/node', DIGEST_KEY_SECRET]) {
      expect(said).not.toContain(name)
    }
  })
})

/** The result of a resource: the rejection of the API server, its condition, or what it created instead. */
async function outcome(
  objects: ReturnType<typeof objectsOf>,
  object: { readonly kind: string; readonly metadata: { readonly name: string } },
  reason: string,
): Promise<{ readonly reason: string; readonly message: string } | undefined> {
  const { request } = objects.cluster
  const { name } = object.metadata
  const plural = `${object.kind.toLowerCase()}s`
  const collection = objects.resourcePath(plural, '').slice(0, -1)
  const { status, body } = await request<{ reason: string; message: string }>('POST', collection, object)
  if (status !== 201) return body
  await until(`${name} says ${reason}`, async () => (await objects.ready(plural, name))?.reason === reason, {
    deadlineMs: 120_000,
    // The test judges any other result.
  }).catch(() => undefined)
  return objects.ready(plural, name)
}
