import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  apply,
  type AuditedRequest,
  AuditLog,
  countRequests,
  externalSecretManifest,
  forEachIndex,
  isWork,
  type RequestCounts,
  revisionOfMany,
  seedOfMany,
  storeManifests,
  TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LateTimer } from './late-timer.ts'

const RESOURCES = 200
const SECRETS = 100
const INTERVAL_MS = 5_000
const READS = 5
/** Tolerance for reads at the ends of the observed time: two seconds. */
const EDGE_CALLS = (2 * SECRETS * 1_000) / INTERVAL_MS
/** Observed times. After a longer pause the late reads come with the next ones, which shows in one of them only. */
const MAX_OBSERVATIONS = 3
/** Time for all writes on a busy machine, or for all observations. */
const BUSY_MS = 480_000

describeCluster('200 ExternalSecrets on 100 secrets', { timeout: BUSY_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let user: string
  let audit: AuditLog

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seedOfMany(SECRETS) })
    const { request, namespace, auditLogPath } = cluster
    audit = await AuditLog.fromNow(auditLogPath)
    for (const manifest of storeManifests()) await apply(request, manifest, namespace)
    await forEachIndex(RESOURCES, 8, (index) => apply(request, externalSecretManifest(index, SECRETS), namespace))
    const admin = await env.clusterAdmin('operator')
    user = admin.user
    await env.replica({
      kubeconfigPath: admin.kubeconfigPath,
      args: [`--polling-interval=${INTERVAL_MS}ms`, '--log-level=info'],
    })
  }, BUSY_MS)
  afterAll(() => env?.[Symbol.asyncDispose]())

  /** Requests of the operator since the last call, in all namespaces. */
  async function taken(): Promise<AuditedRequest[]> {
    const requests = await audit.take(user)
    return requests.filter(isWork)
  }

  /** Requests since the last call, after so many of these and a second without any. */
  async function work(expected: RequestCounts): Promise<AuditedRequest[]> {
    const all: AuditedRequest[] = []
    let quiet = 0
    await until(
      `${JSON.stringify(expected)}, then silence`,
      async () => {
        const some = await taken()
        all.push(...some)
        const counts = countRequests(all)
        const isDone = Object.entries(expected).every(([request, count]) => (counts[request] ?? 0) >= count)
        quiet = some.length === 0 && isDone ? quiet + 1 : 0
        return quiet >= 10
      },
      { deadlineMs: 120_000, pauseMs: 100 },
    )
    return all
  }

  /** Number of KMS calls by secret. */
  async function kmsCalls(): Promise<ReadonlyMap<string, number>> {
    const { calls } = await env.simulator.calls()
    const ours = calls.filter(({ secret }) => secret.startsWith('many/'))
    return new Map(ours.map(({ secret, count }) => [secret, count]))
  }

  interface Observed {
    /** Reads of each secret. */
    readonly calls: readonly number[]
    /** The time that they took, in intervals. */
    readonly intervals: number
    /** The same without the time that the machine was too busy for timers of this test. */
    readonly atLeast: number
  }

  /** Observes until every secret is read several times. */
  async function observe(): Promise<Observed> {
    const before = await kmsCalls()
    using late = new LateTimer()
    const startedMs = performance.now()
    const calls = await until(`every secret is read ${READS} times`, async () => {
      const counts = [...(await kmsCalls())].map(([secret, count]) => count - (before.get(secret) ?? 0))
      return counts.every((count) => count >= READS) ? counts : undefined
    })
    const tookMs = performance.now() - startedMs
    return { calls, intervals: tookMs / INTERVAL_MS, atLeast: (tookMs - late.totalMs) / INTERVAL_MS }
  }

  function isSteady({ calls, intervals, atLeast }: Observed): boolean {
    // Each refresh of each secret within the interval, plus or minus one late read.
    const isEach = calls.every((count) => count - intervals < 2 && atLeast - count < 2)
    const all = calls.reduce((sum, count) => sum + count, 0)
    return isEach && all - SECRETS * intervals <= EDGE_CALLS && SECRETS * atLeast - all <= EDGE_CALLS
  }

  it('writes each Secret and its status once, and an event while fewer than a hundred statuses wait', async () => {
    const counts = countRequests(await work({ 'patch externalsecrets/status': RESOURCES, 'create events': 100 }))
    expect(counts).toMatchObject({
      // One is the digest key.
      'create secrets': RESOURCES + 1,
      'patch externalsecrets/status': RESOURCES,
    })
    expect(counts['create events']).toBeLessThanOrEqual(RESOURCES)
  })

  it('calls KMS once per secret and interval, and never the API server, while nothing changes', async () => {
    let observed = await observe()
    for (let time = 1; time < MAX_OBSERVATIONS && !isSteady(observed); time += 1) observed = await observe()
    expect(observed.calls).toHaveLength(SECRETS)
    expect(observed).toSatisfy(isSteady)
    expect(countRequests(await taken())).toEqual({})
  })

  it('writes each Secret exactly once when all values change at once', async () => {
    const changedMs = Date.now()
    await env.simulator.control('PUT', '/secrets', revisionOfMany(SECRETS, 1))
    // The statuses and events follow, on a busy machine after more than a second.
    const once = {
      'patch secrets': RESOURCES,
      'patch externalsecrets/status': RESOURCES,
      'create events': RESOURCES,
    }
    const requests = await work(once)
    expect(countRequests(requests)).toEqual(once)

    const written = requests.filter(({ verb, resource }) => verb === 'patch' && resource === 'secrets')
    expect(new Set(written.map(({ name }) => name)).size).toBe(RESOURCES)
    const delaysMs = written.map(({ answeredMs }) => answeredMs - changedMs).sort((a, b) => a - b)
    const p99Ms = delaysMs[Math.ceil(0.99 * delaysMs.length) - 1] ?? Number.NaN
    console.log(`from the change to the Secret: p99 ${p99Ms.toFixed(0)} ms at an interval of ${INTERVAL_MS} ms`)
  })
})
