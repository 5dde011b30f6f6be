import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

const GROUP = 'alibabacloud.com'
const MANAGED_BY = `${GROUP}/managed-by`
const APP_MANAGED_BY = 'app.kubernetes.io/managed-by'
const PROVENANCE = `${GROUP}/provenance`
const DIGEST = `${GROUP}/content-digest`
const OWNER = `${GROUP}/owner`
const DEADLINE_MS = 120_000

interface Row {
  readonly labels?: readonly string[]
  readonly annotations?: readonly string[]
  /** Also removes the owner references. */
  readonly unowned?: true
  readonly policy?: 'Retain'
  readonly merge?: true
}

/** Metadata to remove from a managed Secret that must then be repaired and get new values. */
const REPAIRED: Readonly<Record<string, Row>> = {
  'managed-by': { labels: [MANAGED_BY] },
  'app-managed-by': { labels: [APP_MANAGED_BY] },
  'all-labels': { labels: [MANAGED_BY, APP_MANAGED_BY] },
  provenance: { annotations: [PROVENANCE] },
  'content-digest': { annotations: [DIGEST] },
  'all-annotations': { annotations: [PROVENANCE, DIGEST] },
  'label-and-provenance': { labels: [MANAGED_BY], annotations: [PROVENANCE] },
  'label-and-owner-reference': { labels: [MANAGED_BY], unowned: true },
  'labels-and-annotations': { labels: [MANAGED_BY, APP_MANAGED_BY], annotations: [PROVENANCE, DIGEST] },
  'retained-managed-by': { policy: 'Retain', labels: [MANAGED_BY] },
  'retained-owner': { policy: 'Retain', annotations: [OWNER] },
  'retained-provenance': { policy: 'Retain', annotations: [PROVENANCE] },
  'retained-label-and-owner': { policy: 'Retain', labels: [MANAGED_BY], annotations: [OWNER] },
  'retained-label-and-provenance': { policy: 'Retain', labels: [MANAGED_BY], annotations: [PROVENANCE, DIGEST] },
}
/** Removals after which the Secret no longer counts as managed. */
const UNOWNED: Readonly<Record<string, Row>> = {
  'retained-everything': {
    policy: 'Retain',
    labels: [MANAGED_BY, APP_MANAGED_BY],
    annotations: [PROVENANCE, DIGEST, OWNER],
  },
  'merged-everything': { merge: true, labels: [MANAGED_BY, APP_MANAGED_BY], annotations: [PROVENANCE, DIGEST] },
}
const ROWS = { ...REPAIRED, ...UNOWNED }

const without = (names: readonly string[] = []) => Object.fromEntries(names.map((name) => [name, null]))

describeCluster('removed labels and annotations of the operator', { timeout: 4 * DEADLINE_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess

  beforeAll(async () => {
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: Object.fromEntries(Object.keys(ROWS).map((name) => [name, 'one'])) },
    })
    for (const [name, { policy, merge }] of Object.entries(ROWS)) {
      const target = { ...(policy && { deletionPolicy: policy }), ...(merge && { creationPolicy: 'Merge' }) }
      await env.externalSecret(name, { key: name }, { target })
    }
    operator = await env.operator('--kms-qps=0')
    for (const name of Object.keys(ROWS)) await env.untilReason('externalsecrets', name, 'Synced', DEADLINE_MS)
  }, 4 * DEADLINE_MS)
  afterAll(() => env[Symbol.asyncDispose]())

  const patch = async (name: string, body: object, fieldManager = 'another-user'): Promise<void> => {
    const path = `${env.secretPath(name)}?fieldManager=${fieldManager}`
    const { status } = await cluster.request('PATCH', path, body)
    expect(status).toBe(200)
  }
  const strip = async (name: string, { labels, annotations, unowned }: Row): Promise<void> => {
    const metadata = {
      labels: without(labels),
      annotations: without(annotations),
      ...(unowned ? { ownerReferences: null } : {}),
    }
    await patch(name, { metadata })
  }
  const marksOf = async (name: string) => {
    const { labels = {}, annotations = {}, ownerReferences = [] } = (await env.secret(name))?.metadata ?? {}
    return {
      labels: Object.keys(labels).toSorted(),
      annotations: Object.keys(annotations).toSorted(),
      owners: ownerReferences.length,
    }
  }

  it.for(Object.keys(REPAIRED))('%s: are restored, and new values are written', async (name) => {
    const row = ROWS[name] ?? {}
    const uid = (await env.secret(name))?.metadata.uid
    const before = await marksOf(name)
    await strip(name, row)
    // The other label only names the creator: it is set by the first write only.
    const isOptional = (label: string): boolean => label === APP_MANAGED_BY && row.labels?.includes(label) === true
    const wanted = { ...before, labels: before.labels.filter((label) => !isOptional(label)) }
    await until(`marks of ${name} are back`, async () => {
      const now = await marksOf(name)
      return JSON.stringify(now) === JSON.stringify(wanted) ? now : undefined
    })
    await env.simulator.put(name, 'two')
    const { metadata } = await env.untilSecret(name, { key: 'two' })
    expect(metadata.uid).toBe(uid)
    // Statuses are written after the Secrets.
    expect(await env.untilReason('externalsecrets', name, 'Synced')).toMatchObject({ status: 'True' })
  })

  it('a value changed under our field manager is restored', async () => {
    const name = 'app-managed-by'
    const { metadata } = await env.untilSecret(name, { key: 'two' })
    await patch(name, { data: { key: btoa('edited') } }, 'ack-secret-manager')
    expect((await env.untilSecret(name, { key: 'two' })).metadata.uid).toBe(metadata.uid)
  })

  it('a value that is applied through stringData is restored each time', async () => {
    const name = 'app-managed-by'
    const path = `${env.secretPath(name)}?fieldManager=helm&force=true`
    const { metadata } = await env.untilSecret(name, { key: 'two' })
    for (const key of ['edited', 'edited again', 'edited again']) {
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { key } }
      const { status } = await cluster.request('PATCH', path, body, { contentType: 'application/apply-patch+yaml' })
      expect(status).toBe(200)
      expect((await env.untilSecret(name, { key: 'two' })).metadata.uid).toBe(metadata.uid)
    }
  })

  it.for(Object.keys(UNOWNED))('%s: the Secret is unmanaged until it is annotated', async (name) => {
    await strip(name, ROWS[name] ?? {})
    await env.simulator.put(name, 'two')
    const { message } = await env.untilReason('externalsecrets', name, 'TargetConflict', DEADLINE_MS)
    expect(message).toContain('alibabacloud.com/adopt')
    await env.untilSecret(name, { key: 'one' })
    const annotations = { 'alibabacloud.com/adopt': 'true' }
    await patch(name, { metadata: { annotations } })
    await env.untilSecret(name, { key: 'two' })
  })

  it('after a restart: are restored, and new values are written', async () => {
    await operator.stop()
    const stripped = ['managed-by', 'labels-and-annotations', 'retained-managed-by']
    for (const name of stripped) {
      await strip(name, ROWS[name] ?? {})
      await env.simulator.put(name, 'three')
    }
    operator = await env.operator('--kms-qps=0')
    for (const name of stripped) await env.untilSecret(name, { key: 'three' })
    for (const name of stripped) expect((await marksOf(name)).labels).toContain(MANAGED_BY)
  })

  it('are never reported as a write after the last read', () => {
    const logged = env.operators.flatMap(({ program }) => program.lines).join('\n')
    expect(logged).not.toContain('was changed after it was read')
  })
})
