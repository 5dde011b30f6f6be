import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  AuditLog,
  type KubeSecret,
  type OperatorProcess,
  TestEnvironment,
  textsOf,
  until,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

const DEADLINE_MS = 240_000
/** A Secret is deleted after its sources were not found twice, 15 s apart. */
const BUSY_MS = 900_000

/** An ExternalSecret with a Secret of the same name, and two secrets in KMS: `NAME.a` for its key `a`, and `NAME.b`. */
interface Row {
  readonly spec?: object
  /** Added to both entries. */
  readonly entry?: object
  /** Content of an unowned Secret that exists before. */
  readonly before?: Readonly<Record<string, string>>
  /** Action in KMS. @default both are deleted */
  readonly change?: (env: TestEnvironment, name: string) => Promise<unknown>
  /** Expected reason. @default SecretNotFound */
  readonly reason?: string
}

const PARTS = ['a', 'b'] as const
const drop = (env: TestEnvironment, secret: string, body?: object): Promise<unknown> =>
  env.simulator.control('DELETE', `/secrets/${secret}`, body)
const dropBoth = (env: TestEnvironment, name: string, body?: object): Promise<unknown> =>
  Promise.all(PARTS.map((part) => drop(env, `${name}.${part}`, body)))
const fault = (env: TestEnvironment, kind: string, secret: string): Promise<unknown> =>
  env.simulator.control('POST', '/faults', { match: { secret }, fault: kind })
const dataOf = (name: string, entry: object = {}): object[] =>
  PARTS.map((part) => ({ key: `${name}.${part}`, name: part, secretStoreRef: { name: 'kms' }, ...entry }))
const patch = (env: TestEnvironment, name: string, spec: object): Promise<unknown> =>
  env.cluster.request('PATCH', env.resourcePath('externalsecrets', name), { spec })

const GOING: Readonly<Record<string, Row>> = {
  plain: {},
  adopted: { before: { a: 'theirs' }, spec: { target: { creationPolicy: 'Adopt' } } },
  immutable: { spec: { target: { immutable: true } } },
  blocking: { spec: { onKeyFailure: 'Block' } },
  templated: { spec: { target: { template: { data: { both: '{{ .a }}{{ .b }}' } } } } },
}

const STAYING: Readonly<Record<string, Row>> = {
  'one-is-there': { change: (env, name) => drop(env, `${name}.a`), reason: 'Degraded' },
  'one-is-denied': {
    change: async (env, name) => [await drop(env, `${name}.a`), await fault(env, 'deny', `${name}.b`)],
    reason: 'Degraded',
  },
  'one-is-away': {
    change: async (env, name) => [await drop(env, `${name}.a`), await fault(env, 'http503', `${name}.b`)],
    reason: 'Degraded',
  },
  'both-are-throttled': { change: (env, name) => fault(env, 'throttle', `${name}.*`), reason: 'Stale' },
  'both-can-be-restored': { change: (env, name) => dropBoth(env, name, { recoveryWindowInDays: 7 }) },
  'both-are-misspelt': { change: (env, name) => patch(env, name, { data: dataOf('none') }) },
  'only-versions-are-gone': {
    entry: { versionId: 'v1' },
    change: async (env, name) => {
      // KMS keeps ten versions.
      for (let count = 0; count < 11; count += 1) {
        await Promise.all(PARTS.map((part) => env.simulator.put(`${name}.${part}`, `value ${count}`)))
      }
    },
  },
  'one-lacks-a-path': {
    spec: {
      data: dataOf('one-lacks-a-path')
        .map((entry) => ({ ...entry, jmesPath: [{ path: 'x' }] }))
        .slice(0, 1),
    },
    change: (env, name) => env.simulator.put(`${name}.a`, '{"y":1}'),
    reason: 'PathNotFound',
  },
  'store-is-gone': {
    change: async (env, name) => {
      await patch(env, name, { data: dataOf(name, { secretStoreRef: { name: 'none' } }) })
      await dropBoth(env, name)
    },
    reason: 'StoreNotFound',
  },
  suspended: {
    change: async (env, name) => [await patch(env, name, { suspend: true }), await dropBoth(env, name)],
    reason: 'Suspended',
  },
  optional: { entry: { optional: true }, reason: 'NoData' },
  retained: { spec: { target: { deletionPolicy: 'Retain' } } },
  merged: { before: { theirs: 'x' }, spec: { target: { creationPolicy: 'Merge' } } },
  shared: { before: { theirs: 'x' }, spec: { target: { creationPolicy: 'Adopt' } } },
}
const ROWS = Object.entries({ ...GOING, ...STAYING })

describeCluster('--cleanup-secret-on-failure', { timeout: BUSY_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess
  let user: string
  let audit: AuditLog

  beforeAll(async () => {
    const secrets = Object.fromEntries(ROWS.flatMap(([name]) => PARTS.map((part) => [`${name}.${part}`, '{"x":"1"}'])))
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets } })
    audit = await AuditLog.fromNow(cluster.auditLogPath)
    for (const [name, { before, spec, entry }] of ROWS) {
      if (before) await env.putSecret(name, before)
      await env.apply('ExternalSecret', name, { data: dataOf(name, entry), ...spec })
    }
    const admin = await env.clusterAdmin('operator')
    user = admin.user
    operator = await env.replica({
      kubeconfigPath: admin.kubeconfigPath,
      args: ['--cleanup-secret-on-failure', '--metrics-per-resource', '--kms-qps=0'],
    })
    for (const [name] of ROWS) await env.untilReason('externalsecrets', name, 'Synced', DEADLINE_MS)
  }, BUSY_MS)
  afterAll(() => env?.[Symbol.asyncDispose]())

  async function secretsOf(rows: Readonly<Record<string, Row>>): Promise<Readonly<Record<string, KubeSecret>>> {
    const found = await Promise.all(Object.keys(rows).map(async (name) => [name, await env.secret(name)] as const))
    return Object.fromEntries(found.flatMap(([name, secret]) => (secret ? [[name, secret]] : [])))
  }

  /** Names of Secrets that the operator deleted, once there are `count` of them: the audit log lags behind. */
  async function deletions(count: number): Promise<readonly string[]> {
    const names: string[] = []
    return until('the log has each deletion', async () => {
      for (const { verb, resource, namespace, name } of await audit.take(user)) {
        if (verb.startsWith('delete') && resource === 'secrets' && namespace === cluster.namespace) names.push(name)
      }
      return names.length >= count ? names : undefined
    })
  }

  async function play(rows: Readonly<Record<string, Row>>): Promise<void> {
    for (const [name, { change = dropBoth }] of Object.entries(rows)) await change(env, name)
    for (const [name, { reason = 'SecretNotFound' }] of Object.entries(rows)) {
      await env.untilReason('externalsecrets', name, reason, DEADLINE_MS)
    }
  }

  it('deletes Secrets whose sources are all deleted, once, and no other', async () => {
    const before = await secretsOf(STAYING)
    expect(Object.keys(before)).toEqual(Object.keys(STAYING))
    // Deleted last, so that all others had time to change when these are gone.
    await play(STAYING)
    await play(GOING)
    await until('the Secrets are gone', async () => Object.keys(await secretsOf(GOING)).length === 0, {
      deadlineMs: DEADLINE_MS,
    })
    const done = /\(the Secret was deleted; it is recreated when its secrets exist again\)$/
    for (const name of Object.keys(GOING)) {
      await until(`${name} says so`, async () => done.test((await env.ready('externalsecrets', name))?.message ?? ''), {
        deadlineMs: DEADLINE_MS,
      })
    }
    expect(await secretsOf(STAYING)).toEqual(before)
    expect((await deletions(Object.keys(GOING).length)).toSorted()).toEqual(Object.keys(GOING).toSorted())
    const message = 'Secret plain was deleted because its secrets no longer exist: plain.a, plain.b'
    await until('the event is written', async () => (await env.visibleObjects()).includes(message))
  })

  it('exports the state of each resource at /metrics, and no secret names', async () => {
    const deletes = `acksm_sync_total{result="delete"} ${Object.keys(GOING).length}\n`
    // Counted shortly after the status is written.
    const page = await until('each deletion is counted', async () => {
      const seen = await operator.metrics()
      return seen.includes(deletes) && seen
    })
    const of = (name: string, reason: string): string =>
      `acksm_resource_ready{namespace="${cluster.namespace}",name="${name}",reason="${reason}"}`
    expect(page).toContain(`${of('plain', 'SecretNotFound')} 0\n`)
    expect(page).toContain(`${of('suspended', 'Suspended')} 0\n`)
    expect(page).toContain('acksm_resources_left_out 0\n')
    expect(page).not.toContain('plain.a')
  })

  it('recreates a Secret when its sources are restored, and drops the series of a deleted resource', async () => {
    for (const part of PARTS) await env.simulator.put(`plain.${part}`, `again ${part}`)
    const secret = await env.untilSecret('plain', { a: 'again a', b: 'again b' }, DEADLINE_MS)
    await env.untilReason('externalsecrets', 'plain', 'Synced', DEADLINE_MS)
    expect(textsOf(secret)).toEqual({ a: 'again a', b: 'again b' })
    await env.cluster.request('DELETE', env.resourcePath('externalsecrets', 'blocking'))
    await until(
      'only existing resources have series',
      async () => {
        const page = await operator.metrics()
        return page.includes('name="plain",reason="Synced"} 1') && !page.includes('name="blocking"')
      },
      { deadlineMs: DEADLINE_MS },
    )
    const age = `acksm_resource_source_age_seconds{namespace="${cluster.namespace}",name="plain"} `
    expect((await operator.metrics()).split(age)[1]).toMatch(/^\d/)
  })
})
