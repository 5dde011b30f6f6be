import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLeaks } from '@ack-secret-manager/testbed/canary'
import { ATTEMPTS, placeOf } from './testing/tenant-attempts.ts'
import { TenantScene, VICTIM, VICTIM_VALUE } from './testing/tenant-scene.ts'

describeCluster('a tenant', () => {
  const places = { tenant: useCluster(), victim: useCluster(), home: useCluster() }
  const names = Object.keys(ATTEMPTS)
  const told: string[] = []
  let scene: TenantScene

  beforeAll(async () => {
    scene = await TenantScene.open(places)
  })
  afterAll(async () => {
    console.log([`${told.length} of ${names.length} attempts refused`, ...told].join('\n'))
    await scene?.[Symbol.asyncDispose]()
  })

  describe('does not get or change', () => {
    it.each(names)('%s', async (what) => {
      const attempt = ATTEMPTS[what]
      if (attempt === undefined) throw new Error(`no attempt ${what}`)
      const name = `attempt-${names.indexOf(what)}`
      const place = placeOf(scene, attempt)
      const kept = attempt.keeps === 'attempt' ? name : attempt.keeps
      const spec = await attempt.spec(scene, name)
      const before = kept === undefined ? undefined : await place.secret(kept)
      if (kept !== undefined) expect(before).toBeDefined()

      const said = await outcome(place, name, spec, attempt.reason)
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
    await scene.victim.untilSecret('own', { password: `${VICTIM_VALUE}-new` })
    expect(await tenant.secret('guest')).toEqual(before)
  })

  it('is told nothing of what it did not get', async () => {
    expect(findLeaks(await scene.tenant.everythingSaid(), ['canary-', VICTIM_VALUE])).toEqual([])
  })
})

/** What becomes of the ExternalSecret: the API server's refusal, or its condition once that gives the reason, or what it gives instead. */
async function outcome(
  place: ReturnType<typeof placeOf>,
  name: string,
  spec: object,
  reason: string,
): Promise<{ readonly reason: string; readonly message: string } | undefined> {
  const { request } = place.place
  const collection = place.resourcePath('externalsecrets', '').slice(0, -1)
  const object = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata: { name }, spec }
  const { status, body } = await request<{ reason: string; message: string }>('POST', collection, object)
  if (status !== 201) return body
  await until(`${name} says ${reason}`, async () => (await place.ready('externalsecrets', name))?.reason === reason, {
    deadlineMs: 10_000,
    // What it says instead is for the test to tell.
  }).catch(() => undefined)
  return place.ready('externalsecrets', name)
}
