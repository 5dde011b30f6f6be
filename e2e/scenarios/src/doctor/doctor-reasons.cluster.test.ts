import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { REASON_GUIDES, type ReasonGuide } from '@ack-secret-manager/resources'
import { canary } from '@ack-secret-manager/test-support/canary'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrokenThings, DEFECT_PACKAGE } from './broken-things.ts'
import { CLUSTER_EXTERNAL_SECRET_ROWS, PROGRESSING } from './cluster-external-secret-rows.ts'
import { diagnose, type Diagnosis, type Finding } from './diagnose.ts'
import { EXTERNAL_SECRET_ROWS } from './external-secret-rows.ts'
import { nameOf, type ReasonRow } from './reason-row.ts'
import { STORE_ROWS } from './store-rows.ts'

const START_MS = 400_000
const REASON_MS = 180_000
/** The reasons that the operator produces. */
const REASON_ROWS = [...EXTERNAL_SECRET_ROWS, ...STORE_ROWS, ...CLUSTER_EXTERNAL_SECRET_ROWS]
const PLURALS = {
  ExternalSecret: 'externalsecrets',
  SecretStore: 'secretstores',
  ClusterExternalSecret: 'clusterexternalsecrets',
}

const keyOf = ({
  kind,
  condition = 'Ready',
  reason,
}: Pick<ReasonGuide, 'kind' | 'reason'> & Pick<ReasonRow, 'condition'>): string => `${kind} ${condition} ${reason}`

it('has a row for each reason of a condition on the reference page, but those of PushSecrets', () => {
  expect([...REASON_ROWS, PROGRESSING].map(keyOf).toSorted()).toEqual(
    REASON_GUIDES.filter(({ kind, condition }) => kind !== 'PushSecret' && condition !== 'Event')
      .map(keyOf)
      .toSorted(),
  )
})

describeCluster('doctor on a broken cluster', { timeout: START_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  const directory = directoryOfTests()
  let ran: Diagnosis
  const things: BrokenThings[] = []

  const doctor = (): Promise<Diagnosis> => diagnose(cluster.kubeconfigPath, cluster.namespace)

  function thingsOf(row: ReasonRow): BrokenThings {
    const found = new BrokenThings(env, nameOf(row))
    things.push(found)
    return found
  }

  /** Makes everything at once. @throws Error with every row whose reason does not come about */
  async function makeAll(): Promise<void> {
    const made = await Promise.allSettled(REASON_ROWS.map((row) => make(row)))
    const failed = made.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
    if (failed.length > 0) throw new Error(failed.join('\n'))
  }

  async function make(row: ReasonRow): Promise<void> {
    const made = thingsOf(row)
    await row.make(made)
    await row.spoil?.(made)
    const { kind, condition = 'Ready', reason } = row
    const where = env.resourcePath(PLURALS[kind], kind === 'ClusterExternalSecret' ? made.clusterName : made.name)
    let conditions: readonly { readonly type: string; readonly reason: string }[] = []
    const isThere = async (): Promise<boolean> => {
      const { body } = await cluster.request<{ status?: { conditions?: typeof conditions } }>('GET', where)
      conditions = body.status?.conditions ?? []
      return conditions.some((each) => each.type === condition && each.reason === reason)
    }
    await until(`${keyOf(row)} of ${made.name}`, isThere, { deadlineMs: REASON_MS }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(conditions)}`)
    })
  }

  /** Findings about the resources of a row; those that are fine are only counted. */
  function findingsOf(row: ReasonRow, of: Diagnosis = ran): readonly Finding[] {
    const inCheck = of.checks.filter(({ id }) => id === `kube.${PLURALS[row.kind]}`)
    if (row.status === 'ok') return inCheck.filter(({ status }) => status === 'ok')
    const name =
      row.kind === 'ClusterExternalSecret'
        ? `${nameOf(row)}-${cluster.namespace}`
        : `${cluster.namespace}/${nameOf(row)}`
    return inCheck.filter(({ title, detail }) =>
      new RegExp(`(^|[\\s,])${name}[:,]|${name}, see above| ${name}$`).test(`${title}: ${detail}`),
    )
  }

  function expectDiagnosed(row: ReasonRow, of?: Diagnosis): void {
    const found = findingsOf(row, of)
    expect(found.map(({ status }) => status)).toEqual([row.status])
    const [finding] = found
    expect(finding?.detail).toMatch(row.cause)
    if (row.status === 'failed') {
      expect(finding?.action).toMatch(row.action ?? /^$/)
      expect(finding?.reason).toBe(row.reason)
    } else {
      expect(finding).not.toHaveProperty('action')
      if (row.action !== undefined) expect(finding?.detail).toMatch(row.action)
    }
  }

  beforeAll(async () => {
    const installed = path.join(directory, 'node_modules', DEFECT_PACKAGE.name)
    await mkdir(installed, { recursive: true })
    for (const [name, content] of Object.entries(DEFECT_PACKAGE.files)) {
      await writeFile(path.join(installed, name), content)
    }
    const instance = { id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: canary('client-key') }] }
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: {}, roles: [], instances: [instance] },
    })
    await env.leader(
      '--polling-interval=1s',
      '--allow-endpoint=127.0.0.1:1',
      `--backend-package=${DEFECT_PACKAGE.name}`,
      `--plugin-dir=${directory}`,
      '--allow-namespaced-plugins',
    )
    await env.untilReason('secretstores', 'kms', 'Ready')
    await makeAll()
    ran = await doctor()
  }, START_MS)
  afterAll(async () => {
    await Promise.all(things.map((each) => each.close()))
    await env?.[Symbol.asyncDispose]()
  })

  describe('says the cause and what to do', () => {
    it.each(REASON_ROWS.map((row) => [keyOf(row), row] as const))('%s', (_key, row) => expectDiagnosed(row))
  })

  it('exits with 1', () => expect([ran.code, ran.ok]).toEqual([1, false]))

  it('names the store as the cause of the resources that wait for it, with one action', () => {
    const broken = ran.checks.filter(({ detail }) => detail.includes('nowhere does not exist'))
    expect(broken.map(({ id, status }) => `${id} ${status}`)).toContain('kube.secretstores failed')
    expect(ran.checks.filter(({ status, action }) => status === 'failed' && !action)).toEqual([])
  })

  it('Progressing', async () => {
    for (const operator of env.operators) await operator.stop()
    const made = thingsOf(PROGRESSING)
    await PROGRESSING.make(made)
    const condition = { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'is being created' }
    const { status } = await cluster.request(
      'PATCH',
      `${env.resourcePath('clusterexternalsecrets', made.clusterName)}/status`,
      { status: { conditions: [condition] } },
      { contentType: 'application/merge-patch+json' },
    )
    expect(status).toBe(200)
    expectDiagnosed(PROGRESSING, await doctor())
  })
})
