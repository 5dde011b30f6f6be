import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLeaks } from '@ack-secret-manager/testbed/canary'
import { DIGEST_KEY_SECRET } from './digest-key.ts'
import { placeOf, type TenantAttempt } from './testing/tenant-attempt.ts'
import { ATTEMPTS } from './testing/tenant-attempts.ts'
import { FORGERIES } from './testing/tenant-forgeries.ts'
import { TenantScene, VICTIM, VICTIM_VALUE } from './testing/tenant-scene.ts'

/** Each by what is to be got or changed. */
const ALL: Readonly<Record<string, TenantAttempt>> = { ...ATTEMPTS, ...FORGERIES }

describeCluster('a tenant', { timeout: 240_000 }, () => {
  const places = { tenant: useCluster(), victim: useCluster(), home: useCluster() }
  const names = Object.keys(ALL)
  const told: string[] = []
  let scene: TenantScene

  beforeAll(async () => {
    scene = await TenantScene.open(places)
  })
  afterAll(async () => {
    console.log([`${names.length} attempts, ${told.length} refused`, ...told].join('\n'))
    await scene?.[Symbol.asyncDispose]()
  })

  describe('does not get or change', () => {
    it.each(names)('%s', async (what) => {
      const attempt = ALL[what]
      if (attempt === undefined) throw new Error(`no attempt ${what}`)
      const name = `attempt-${names.indexOf(what)}`
      const place = placeOf(scene, attempt)
      const kept = attempt.keeps === 'attempt' ? name : attempt.keeps
      const spec = await attempt.spec(scene, name)
      const before = kept === undefined ? undefined : await place.secret(kept)
      if (kept !== undefined) expect(before).toBeDefined()

      const object = {
        apiVersion: 'alibabacloud.com/v1alpha1',
        kind: attempt.kind ?? 'ExternalSecret',
        metadata: { ...attempt.metadata?.(scene), name },
        spec,
      }
      const said = await outcome(place, object, attempt.reason)
      expect(said).toMatchObject({ reason: attempt.reason, message: expect.stringMatching(attempt.says) as unknown })
      expect(await place.secret(kept ?? name)).toEqual(before)
      expect(await scene.thefts()).toEqual([])
      expect(scene.connections).toBe(0)
      told.push(`${what} | ${said?.reason} | ${kept === undefined ? 'no Secret' : 'Secret unchanged'} | 0 reads`)
    })
  })

  it('loses what it was admitted to by its labels when they go', async () => {
    const { tenant } = scene
    await tenant.labelNamespace({ team: 'guests' })
    const spec = {
      ...scene.accessKeyStore('shared-key', places.victim.namespace),
      conditions: [{ namespaceSelector: { matchLabels: { team: 'guests' } } }],
    }
    const secretStoreRef = { kind: 'ClusterSecretStore', name: await tenant.clusterStore('guests', spec) }
    await tenant.apply('ExternalSecret', 'guest', { data: [{ key: VICTIM, name: 'password', secretStoreRef }] })
    const before = await tenant.untilSecret('guest', { password: VICTIM_VALUE })

    await places.tenant.request(
      'PATCH',
      `/api/v1/namespaces/${places.tenant.namespace}`,
      { metadata: { labels: { team: null } } },
      { contentType: 'application/merge-patch+json' },
    )
    await tenant.untilReason('externalsecrets', 'guest', 'StoreNotAllowed')
    await tenant.control('PUT', `secrets/${encodeURIComponent(VICTIM)}`, { data: `${VICTIM_VALUE}-new` })
    const refresh = { metadata: { annotations: { 'alibabacloud.com/refresh-now': 'please' } } }
    for (const [objects, name] of [
      [tenant, 'guest'],
      [scene.victim, 'own'],
    ] as const) {
      await places.tenant.request('PATCH', objects.resourcePath('externalsecrets', name), refresh, {
        contentType: 'application/merge-patch+json',
      })
    }
    // Both come from one read, and each is written by itself: what is looked at next is to be as it stays.
    for (const name of ['own', 'made']) await scene.victim.untilSecret(name, { password: `${VICTIM_VALUE}-new` })
    expect(await tenant.secret('guest')).toEqual(before)
  })

  it('is given nothing by a ClusterExternalSecret whose mark and reference it forges, or whose labels it takes', async () => {
    const { tenant, victim, maker } = scene
    const [before, thefts] = [await victim.secret('made'), await scene.thefts()]
    // The API server puts this label back, so that it is the one that no tenant can take.
    await tenant.labelNamespace({ 'kubernetes.io/metadata.name': victim.place.namespace })
    const { name, uid } = maker
    const reference = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ClusterExternalSecret', name, uid }
    await tenant.applyObject({
      apiVersion: reference.apiVersion,
      kind: 'ExternalSecret',
      metadata: {
        name: 'forged',
        annotations: { 'alibabacloud.com/made-as': `${tenant.place.namespace}/forged` },
        ownerReferences: [{ ...reference, controller: true }],
      },
      spec: {
        data: [
          { key: VICTIM, name: 'password', secretStoreRef: { kind: 'ClusterSecretStore', name: scene.victimStore } },
        ],
      },
    })
    const externalSecrets = async (): Promise<string> =>
      JSON.stringify((await tenant.place.request('GET', tenant.resourcePath('externalsecrets', '').slice(0, -1))).body)
    // Its forged maker does not want it there.
    await until('the forged one is gone', async () => !(await externalSecrets()).includes('"name":"forged"'))
    expect(await externalSecrets()).not.toContain('"name":"made"')
    expect([await tenant.secret('forged'), await tenant.secret('made')]).toEqual([undefined, undefined])
    expect(await victim.secret('made')).toEqual(before)
    expect(await scene.thefts()).toEqual(thefts)
  })

  it('is told nothing of what it did not get', async () => {
    expect(findLeaks(await scene.tenant.everythingSaid(), ['canary-', VICTIM_VALUE])).toEqual([])
  })

  it('is told no name that belongs to others, but for those that it named itself', async () => {
    const said = await scene.toldToTenant()
    expect(said).toContain(scene.victimStore)
    for (const name of ['LTAI5tShared', 'LTAI5tOwn', 'shared-key', 'hidden-key', 'role/node', DIGEST_KEY_SECRET]) {
      expect(said).not.toContain(name)
    }
  })
})

/** What becomes of a resource: the API server's refusal, or its condition once that gives the reason, or what it gives instead. */
async function outcome(
  place: ReturnType<typeof placeOf>,
  object: { readonly kind: string; readonly metadata: { readonly name: string } },
  reason: string,
): Promise<{ readonly reason: string; readonly message: string } | undefined> {
  const { request } = place.place
  const { name } = object.metadata
  const plural = `${object.kind.toLowerCase()}s`
  const collection = place.resourcePath(plural, '').slice(0, -1)
  const { status, body } = await request<{ reason: string; message: string }>('POST', collection, object)
  if (status !== 201) return body
  await until(`${name} says ${reason}`, async () => (await place.ready(plural, name))?.reason === reason, {
    deadlineMs: 60_000,
    // What it says instead is for the test to tell.
  }).catch(() => undefined)
  return place.ready(plural, name)
}
