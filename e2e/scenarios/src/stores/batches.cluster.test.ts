import { describeCluster, type TestCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { canary } from '@ack-secret-manager/test-support/canary'
import {
  ACCESS_KEY,
  forEachIndex,
  type KubeSecret,
  type OperatorProcess,
  TestEnvironment,
  textsOf,
  until,
} from '@ack-secret-manager/testenv'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'

const RESOURCES = 150
/** Long enough for three secrets at each of its 50 moments. */
const INTERVAL = '--polling-interval=6s'
const API = '/apis/alibabacloud.com/v1alpha1'
/**
 * A note about a secret that is read again after a pause, before which a status may be written: its batch was throttled, or a busy machine
 * missed the deadline of a call.
 */
const DELAYED = /\bUnavailable: .*(?:throttles: more calls than the quota|no (?:response|connection) within)/
/** Secrets whose batch was throttled are read again after a pause that doubles. A list of all objects takes much of the API server's time. */
const PAUSES = { deadlineMs: 300_000, pauseMs: 1_000 }
/** Secrets that differ between the namespaces. */
const OWN = new Set(['ack-secret-manager-digest-key', 'kms-key'])
/** Resources whose permission is revoked. One of them alone may be due when no other secret is, so that no batch has it. */
const REVOKED = Array.from({ length: 5 }, (_none, index) => `revoked-${index}`)
/** Resources whose secrets do not change. */
const UNCHANGED = new Set(['denied', 'missing', ...REVOKED])
/** The secrets that may be read, unless the permission for the second ones is revoked. */
const READABLE = ['app/*', 'old/*']
const names = Array.from({ length: RESOURCES }, (_none, index) => `web-${String(index).padStart(3, '0')}`)
const valueOf = (name: string, revision: number): string => canary(`${name}-of-revision-${revision}`)

interface Named {
  readonly metadata: { readonly name: string }
}
interface Resource extends Named {
  readonly status?: { readonly secrets?: ReadonlyArray<{ readonly versionId?: string }> }
}
interface Event extends Named {
  readonly type: string
  readonly reason: string
  readonly note: string
  readonly regarding: { readonly kind: string; readonly name: string }
}
/** Calls of a simulator by action and result. */
type Calls = Readonly<Record<string, number>>

/** What the service does with batches, and which calls follow while every secret changes once. */
interface Behaviour {
  readonly batch?: object
  readonly fault?: object
  /** Whether the permission for secrets that were read is revoked. @default false */
  readonly revokes?: boolean
  /** Limits of the calls in relation to those of single reads, which are 1. */
  readonly calls: readonly [atLeast: number, atMost: number]
  /** Calls for several secrets by result, from the start on, in the metrics. */
  readonly batches: Readonly<Record<string, unknown>>
  /** Whether no batch is sent after the first refusal. @default false */
  readonly isRemembered?: boolean
  /** Times that the log says that batches are denied. @default 0 */
  readonly denials?: number
}

const BATCH = { match: { action: 'BatchGetSecretValue' } }
const THROTTLE = { ...BATCH, fault: 'throttle', count: 3 }
const isPositive = (count: unknown): boolean => typeof count === 'number' && count > 0
const MANY = expect.toSatisfy((count) => typeof count === 'number' && count > 20)
/** Those in flight when the first one is refused: usually one. */
const AT_START = expect.toSatisfy((count) => typeof count === 'number' && count >= 1 && count <= RESOURCES / 20)
const BEHAVIOURS: ReadonlyArray<readonly [string, Behaviour]> = [
  ['fails only the entry of a secret', { calls: [0.1, 0.5], batches: { ok: MANY } }],
  [
    'refuses the whole call',
    {
      batch: { refusal: 'call' },
      revokes: true,
      calls: [0.1, 0.7],
      batches: { ok: MANY, AccessDenied: expect.any(Number) },
    },
  ],
  [
    'denies batches to the identity',
    {
      batch: { needsPermission: true },
      calls: [0.8, 1.2],
      batches: { AccessDenied: AT_START },
      isRemembered: true,
      denials: 1,
    },
  ],
  [
    'does not know the call',
    { batch: { isKnown: false }, calls: [0.8, 1.2], batches: { InvalidResponse: AT_START }, isRemembered: true },
  ],
  ['throttles three batches', { fault: THROTTLE, calls: [0.1, 0.7], batches: { ok: MANY } }],
  [
    'cuts the connection of a batch',
    { fault: { ...BATCH, fault: 'reset', count: 1 }, calls: [0.1, 1.2], batches: { Unavailable: 1 } },
  ],
]

describeCluster('an operator that reads in batches', { timeout: 1_200_000 }, () => {
  const clusters = [useCluster(), useCluster()] as const
  let alone: TestEnvironment
  let batched: TestEnvironment
  /** Reads one by one, and is what all rows compare with. */
  let reference: OperatorProcess
  let revision = 0
  beforeAll(async () => {
    ;[alone, batched] = [await startEnvironment(clusters[0]), await startEnvironment(clusters[1])]
    reference = await alone.leader(INTERVAL)
    await untilRead(reference)
  })
  afterEach(async () => {
    await Promise.all(batched.operators.map((operator) => operator.stop()))
  })
  afterAll(async () => {
    await alone[Symbol.asyncDispose]()
    await batched[Symbol.asyncDispose]()
  })

  it.each(BEHAVIOURS)('writes what single reads write if KMS %s', async (_rule, behaviour) => {
    const both = [alone, batched] as const
    const reported = await Promise.all(both.map(delayedOf))
    for (const { simulator } of both) {
      await simulator.control('DELETE', '/faults')
      const works = { refusal: 'entry', isKnown: true, needsPermission: false }
      await simulator.control('PUT', '/batch', { ...works, ...behaviour.batch })
      if (behaviour.fault !== undefined) await simulator.control('POST', '/faults', behaviour.fault)
      await allow(simulator, READABLE)
    }
    const earlier = await readsOf(reference)
    const operators = [reference, await batched.leader(INTERVAL, '--kms-batch')] as const
    await untilRead(operators[1])
    if (behaviour.revokes) await Promise.all(both.map(({ simulator }) => allow(simulator, READABLE.slice(0, 1))))
    if (behaviour.isRemembered || behaviour.revokes) await untilRefused(operators[1])
    const atStart = await batchesOf(operators[1])
    const before = await Promise.all(both.map(callsOf))
    revision += 1
    await Promise.all(both.map((env) => changeAll(env, revision)))
    await Promise.all(both.map((env) => untilRevision(env, revision)))
    const after = await Promise.all(both.map(callsOf))
    const [single, shared] = [sumOf(after[0]) - sumOf(before[0]), sumOf(after[1]) - sumOf(before[1])]

    // Events are written some time after what they report.
    await vi.waitFor(async () => expect(await outcomesOf(batched)).toEqual(await outcomesOf(alone)), {
      timeout: 60_000,
      interval: 1_000,
    })
    const [expected, synced] = await Promise.all([syncedOf(alone), syncedOf(batched)])
    expect(synced.size).toBeGreaterThan(0)
    const common = [...synced].filter(([name]) => expected.has(name))
    expect(common).toEqual(common.map(([name]) => [name, expected.get(name)]))
    const reads = [difference(await readsOf(reference), earlier), await readsOf(operators[1])]
    // A batch that fails as a whole fails none of its secrets; one that is throttled delays them.
    for (const each of reads) expect(each).not.toHaveProperty('Unavailable')
    const throttled = reads.map((each) => each['Throttled'] ?? 0)
    expect(throttled).toEqual([0, behaviour.fault === THROTTLE ? expect.toSatisfy(isPositive) : 0])
    for (const [index, env] of both.entries()) {
      // After time-outs the connection counts as unreachable for all its secrets.
      const most = reads[index]?.['Timeout'] === undefined ? throttled[index] : RESOURCES
      expect((await delayedOf(env)) - (reported[index] ?? 0)).toBeLessThanOrEqual(most ?? 0)
    }
    expect(single).toBeGreaterThanOrEqual(RESOURCES)
    expect(shared / single).toBeGreaterThan(behaviour.calls[0])
    expect(shared / single).toBeLessThan(behaviour.calls[1])
    const batches = await Promise.all(operators.map(batchesOf))
    expect(batches[0]).toEqual({})
    expect(batches[1]).toMatchObject(behaviour.batches)
    if (behaviour.isRemembered) expect(batches[1]).toEqual(atStart)
    await operators[1].stop()
    expect(denials(reference)).toBe(0)
    expect(denials(operators[1])).toBe(behaviour.denials ?? 0)
  })

  it('writes only the Secret of the secret that was rotated', async () => {
    const operator = await batched.leader(INTERVAL, '--kms-batch')
    await untilRead(operator)
    const versions = async (): Promise<ReadonlyMap<string, string>> =>
      new Map((await secretsOf(batched)).map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
    const before = await versions()
    await batched.simulator.put('app/web-017', valueOf('web-017', revision + 1))
    await batched.untilSecret('web-017', { password: valueOf('web-017', revision + 1) })
    await until('every secret was read again', async () => ((await batchesOf(operator))['ok'] ?? 0) > 60)
    const after = await versions()
    expect([...after].flatMap(([name, version]) => (before.get(name) === version ? [] : [name]))).toEqual(['web-017'])
  })
})

async function startEnvironment(controlPlane: TestCluster): Promise<TestEnvironment> {
  const secrets = Object.fromEntries(names.map((name) => [`app/${name}`, valueOf(name, 0)]))
  const revoked = Object.fromEntries(REVOKED.map((name) => [`old/${name}`, canary(name)]))
  const env = await TestEnvironment.start({
    controlPlane,
    seed: { secrets: { ...secrets, ...revoked, 'other/denied': canary('denied') } },
  })
  await allow(env.simulator, READABLE)
  await forEachIndex(RESOURCES, 8, (index) =>
    env.externalSecret(names[index] ?? '', { password: `app/${names[index]}` }),
  )
  await env.externalSecret('denied', { password: 'other/denied' })
  await env.externalSecret('missing', { password: 'app/none' })
  await forEachIndex(REVOKED.length, 8, (index) =>
    env.externalSecret(REVOKED[index] ?? '', { password: `old/${REVOKED[index]}` }),
  )
  await env.externalSecret('partly', { found: 'app/web-000', denied: 'other/partly' })
  return env
}

async function allow(simulator: TestEnvironment['simulator'], resources: readonly string[]): Promise<void> {
  const rules = [{ actions: ['kms:GetSecretValue'], resources }]
  await simulator.control('PUT', `/accessKeys/${ACCESS_KEY.id}`, { allow: rules })
}

async function changeAll({ simulator }: TestEnvironment, revision: number): Promise<void> {
  const changes = names.map((name) => ({
    name: `app/${name}`,
    data: valueOf(name, revision),
    versionId: `r${revision}`,
  }))
  await simulator.control('PUT', '/secrets', changes)
}

/** Waits until every Secret holds this revision, and every status names it. */
async function untilRevision(env: TestEnvironment, revision: number): Promise<void> {
  const isWritten = async (): Promise<boolean> => {
    const secrets = new Map((await secretsOf(env)).map((secret) => [secret.metadata.name, textsOf(secret)]))
    return names.every((name) => secrets.get(name)?.['password'] === valueOf(name, revision))
  }
  await until(`every Secret holds revision ${revision}`, isWritten, PAUSES)
  const version = revision === 0 ? 'v1' : `r${revision}`
  const isReported = async (): Promise<boolean> => {
    const all = (await resourcesOf(env)).filter(({ metadata }) => !UNCHANGED.has(metadata.name))
    return all.every(({ status }) => status?.secrets?.[0]?.versionId === version)
  }
  await until('every status names this revision', isReported, PAUSES)
}

/** Waits until a new operator has read every secret. */
async function untilRead(operator: OperatorProcess): Promise<void> {
  await until('every secret is read', async () => sumOf(await readsOf(operator)) >= RESOURCES + REVOKED.length + 3)
}

/** Waits until a batch is refused, and those in flight have ended. Each secret of the first reading may be read alone. */
async function untilRefused(operator: OperatorProcess): Promise<void> {
  await until('a batch is refused', async () => {
    const { ok: _, ...refused } = await batchesOf(operator)
    return sumOf(refused) > 0
  })
  const reads = sumOf(await readsOf(operator))
  await until('further secrets are read', async () => sumOf(await readsOf(operator)) >= reads + RESOURCES / 2)
}

/** Reads of secrets, alone and in batches, by result. */
async function readsOf(operator: OperatorProcess): Promise<Record<string, number>> {
  return countsOf(await operator.metrics(), /^acksm_source_reads_total\{.*result="(\w+)"\} (\d+)$/gm)
}

/** Calls for several secrets by result. */
async function batchesOf(operator: OperatorProcess): Promise<Record<string, number>> {
  return countsOf(await operator.metrics(), /^acksm_batch_calls_total\{.*result="(\w+)"\} (\d+)$/gm)
}

/** Without the counts that have not changed. */
function difference(now: Calls, before: Calls): Record<string, number> {
  const changes = Object.entries(now).map(([result, count]) => [result, count - (before[result] ?? 0)] as const)
  return Object.fromEntries(changes.filter(([, count]) => count > 0))
}

function countsOf(page: string, line: RegExp): Record<string, number> {
  return Object.fromEntries([...page.matchAll(line)].map(([, result, count]) => [result, Number(count)]))
}

/** Number of resources with an event about a delayed secret. The one with two secrets shares one of them. */
async function delayedOf(env: TestEnvironment): Promise<number> {
  const notes = (await eventsOf(env)).filter(({ note }) => DELAYED.test(note))
  return new Set(notes.flatMap(({ regarding: { name } }) => (name === 'partly' ? [] : name))).size
}

function sumOf(calls: Calls | undefined): number {
  return Object.values(calls ?? {}).reduce((sum, count) => sum + count, 0)
}

async function itemsAt(env: TestEnvironment, path: string): Promise<unknown> {
  const { request, namespace } = env.cluster
  const { body } = await request<{ items: unknown }>('GET', path.replace('NAMESPACE', namespace))
  return body.items
}

async function secretsOf(env: TestEnvironment): Promise<Array<KubeSecret & Named>> {
  return (await itemsAt(env, '/api/v1/namespaces/NAMESPACE/secrets')) as Array<KubeSecret & Named>
}

async function resourcesOf(env: TestEnvironment): Promise<Resource[]> {
  return (await itemsAt(env, `${API}/namespaces/NAMESPACE/externalsecrets`)) as Resource[]
}

/** Events of ExternalSecrets. */
async function eventsOf(env: TestEnvironment): Promise<Event[]> {
  const events = (await itemsAt(env, '/apis/events.k8s.io/v1/namespaces/NAMESPACE/events')) as Event[]
  return events.filter(({ regarding }) => regarding.kind === 'ExternalSecret')
}

/** Content of each Secret, status of each resource and what its events say, without times and ids. */
async function outcomesOf(env: TestEnvironment): Promise<object> {
  const events = await eventsOf(env)
  const said = {
    secrets: (await secretsOf(env))
      .filter(({ metadata }) => !OWN.has(metadata.name))
      .map((secret) => [secret.metadata.name, textsOf(secret)]),
    resources: (await resourcesOf(env)).map(({ metadata, status }) => [metadata.name, status]),
    // Whether a later success of a resource has an event of its own depends on the time since the last. First ones: see `syncedOf`.
    events: [
      ...new Set(
        events
          .filter((event) => !isFirstSuccess(event) && !DELAYED.test(event.note))
          .map(({ regarding, type, reason, note }) => `${regarding.name} ${type} ${reason} ${note}`)
          .map((event) => event.replace(/ version \w+$/, '')),
      ),
    ].toSorted(),
  }
  const { simulator, cluster } = env
  const text = JSON.stringify(said)
    .replaceAll(cluster.namespace, 'NAMESPACE')
    .replaceAll(simulator.endpoint, 'KMS')
    .replaceAll(/"uid":"[^"]*"/g, '"uid":"UID"')
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:]+Z"/g, '"TIME"')
  return JSON.parse(text) as object
}

function isFirstSuccess({ reason, note }: Event): boolean {
  return reason === 'Synced' && note.startsWith('Secret ')
}

/** Notes of first successes by resource. While a hundred statuses wait, a first success has no event. */
async function syncedOf(env: TestEnvironment): Promise<ReadonlyMap<string, string>> {
  const synced = (await eventsOf(env)).filter(isFirstSuccess)
  return new Map(synced.map(({ regarding, note }) => [regarding.name, note.replace(/ version \w+$/, '')]))
}

async function callsOf({ simulator }: TestEnvironment): Promise<Calls> {
  const { calls } = (await simulator.control('GET', '/calls?groupBy=action,result')) as {
    calls: Array<{ action: string; result: string; count: number }>
  }
  return Object.fromEntries(calls.map(({ action, result, count }) => [`${action} ${result}`, count]))
}

function denials(operator: OperatorProcess): number {
  return operator.program.lines.filter((line) => line.includes('may not read secrets in batches')).length
}
