import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import {
  accessKeyStore,
  apply,
  AuditLog,
  countRequests,
  forEachIndex,
  isWork,
  type OperatorProcess,
  type RequestCounts,
  TestEnvironment,
  until,
  usageOf,
} from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import type { KubeClusterExternalSecret } from '../many-namespaces.ts'

/** 5,000 take some minutes: `ACKSM_SCALE_NAMESPACES=5000 npx vitest run --project cluster e2e/scenarios/src/scale/cluster-external-secret`. */
const COUNT = Number(process.env['ACKSM_SCALE_NAMESPACES'] ?? 200)
const USER = 'scale-operator'
const NAME = 'everywhere'
const PATH = `/apis/alibabacloud.com/v1alpha1/clusterexternalsecrets/${NAME}`
const DEADLINE_MS = 100_000 + COUNT * 60

const namespaceOf = (index: number, scale: string) => {
  const metadata = { name: `scale-${String(index).padStart(5, '0')}`, labels: { scale } }
  return { apiVersion: 'v1', kind: 'Namespace', metadata }
}

describeCluster(`${COUNT} namespaces`, () => {
  it(
    'cost one write per change, a few status writes, and nothing without a change',
    async () => {
      await using testEnv = await TestEnvironment.start({
        controlPlane: { audit: true, controllerManager: false, user: USER },
        seed: { secrets: { db: 'one' } },
      })
      const { plane } = testEnv
      const { request } = plane
      await testEnv.apply('ClusterSecretStore', 'shared', accessKeyStore('kms-key', 'default'))
      await forEachIndex(COUNT, 32, (index) => apply(request, namespaceOf(index, 'yes')))
      const audit = new AuditLog(plane.auditLogPath)
      const start = async (): Promise<OperatorProcess> => {
        const started = await testEnv.replica({
          namespaces: [],
          args: ['--leader-elect=false', '--polling-interval=60s', '--log-level=info'],
        })
        await started.leading()
        return started
      }
      /** Writes that changed something: a repeated write before the watch event changes nothing. */
      const ofExternalSecrets = async (): Promise<RequestCounts> =>
        countRequests(
          (await audit.take(USER)).filter(
            (each) =>
              isWork(each) &&
              each.code < 300 &&
              each.verb !== 'list' &&
              /externalsecrets/.test(each.resource) &&
              each.resource !== 'externalsecrets/status',
          ),
        )
      const figures: Record<string, unknown> = { namespaces: COUNT }
      /** Changes the resource, waits for the expected status, and counts the requests. */
      const measure = async (
        what: string,
        change: () => Promise<unknown>,
        isDone: (status: Status) => boolean,
      ): Promise<{ readonly counts: RequestCounts; readonly seconds: number }> => {
        await audit.take(USER)
        const startedMs = performance.now()
        await change()
        await until(
          what,
          async () => {
            const { body } = await request<KubeClusterExternalSecret>('GET', PATH)
            return body.status && isDone(body.status)
          },
          { deadlineMs: DEADLINE_MS, pauseMs: 200 },
        )
        const counts = await ofExternalSecrets()
        const seconds = (performance.now() - startedMs) / 1_000
        figures[what] = { seconds, ...counts, rssMiB: (await usageOf(operator.program.pid)).peakRssMiB }
        return { counts, seconds }
      }
      const merge = (spec: object) => () => request('PATCH', PATH, { spec })
      const isIn =
        (count: number) =>
        ({ conditions, provisionedNamespaces }: Status) =>
          conditions[0]?.status === 'True' && provisionedNamespaces.length === count

      let operator = await start()
      const data = [{ key: 'db', name: 'password', secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' } }]
      const conditions = [{ namespaceSelector: { matchLabels: { scale: 'yes' } } }]
      const { counts: created, seconds } = await measure(
        'created',
        () => testEnv.apply('ClusterExternalSecret', NAME, { externalSecretSpec: { data }, conditions }),
        isIn(COUNT),
      )
      const { 'patch clusterexternalsecrets/status': statuses = 0, ...rest } = created
      expect(rest).toEqual({ 'create externalsecrets': COUNT })
      // At most one per second, also on a slow machine.
      expect(statuses).toBeLessThan(3 + seconds)
      await untilSynced(operator, COUNT)

      const { counts: updated } = await measure(
        'updated',
        merge({ externalSecretMetadata: { labels: { team: 'a' } } }),
        (status) => isIn(COUNT)(status) && (status.observedGeneration ?? 0) >= 2,
      )
      expect(updated).toMatchObject({ 'update externalsecrets': COUNT })
      expect(updated['get externalsecrets']).toBeLessThan(COUNT * 1.2)

      expect(await operator.stop()).toBe(0)
      await audit.take(USER)
      operator = await start()
      await untilSynced(operator, COUNT)
      // The status is reconciled shortly after the start; a change in one namespace proves that this is done.
      const { counts: one, seconds: oneSeconds } = await measure(
        'restarted, and one namespace less',
        () => apply(request, namespaceOf(0, 'no')),
        isIn(COUNT - 1),
      )
      const { 'patch clusterexternalsecrets/status': oneStatuses = 0, ...oneWork } = one
      expect(oneWork).toEqual({ 'get externalsecrets': 1, 'delete externalsecrets': 1 })
      expect(oneStatuses).toBeLessThan(2 + oneSeconds)

      const { counts: deleted } = await measure('deselected', merge({ conditions: [{ namespaces: [] }] }), isIn(0))
      await operator.stop()
      expect(deleted).toMatchObject({ 'get externalsecrets': COUNT - 1, 'delete externalsecrets': COUNT - 1 })
      process.stdout.write(`${JSON.stringify(figures)}\n`)
    },
    400_000 + COUNT * 200,
  )
})

type Status = NonNullable<KubeClusterExternalSecret['status']>

async function untilSynced(operator: OperatorProcess, count: number): Promise<void> {
  await until(
    'all Secrets are written',
    async () =>
      Number(/acksm_resources\{kind="ExternalSecret",ready="True"\} (\d+)/.exec(await operator.metrics())?.[1]) ===
      count,
    { deadlineMs: DEADLINE_MS, pauseMs: 500 },
  )
}
