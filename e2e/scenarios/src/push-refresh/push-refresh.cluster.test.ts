import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { canary } from '@ack-secret-manager/test-support/canary'
import { ACCESS_KEY, forEachIndex, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { SecretWatch } from './secret-watch.ts'

/** Secrets, single changes, and changes of the burst: 1000 for the figures of the guide. */
const COUNT = Number(process.env['PUSH_SECRETS'] ?? 40)
/** Forged messages. */
const FORGED = Number(process.env['PUSH_FORGED'] ?? 500)
/** Reads have no reason but hints. At an interval of two hours, one of 1,000 secrets would be polled every seven seconds. */
const NO_POLLING = ['--disable-polling']
const QUEUE = 'acs:mns:cn-hangzhou:1234567890123456:/queues/hints'
const DEADLINE_MS = 120_000

const nameOf = (index: number): string => `web-${String(index).padStart(4, '0')}`
const valueOf = (index: number, revision: number): string => canary(`${nameOf(index)}-of-revision-${revision}`)

interface Reported {
  readonly status?: { readonly secrets?: ReadonlyArray<{ readonly versionId?: string }> }
}

describeCluster('push refresh', { timeout: 600_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let watch: SecretWatch
  let revision = 0

  beforeAll(async () => {
    const secrets = Array.from(
      { length: COUNT },
      (_none, index) => [`app/${nameOf(index)}`, valueOf(index, 0)] as const,
    )
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: {
        secrets: { ...Object.fromEntries(secrets), 'app/unused': canary('unused') },
        queues: [{ name: 'hints' }, { name: 'hints-0' }],
        eventRules: [{ queue: 'hints', base64: true }],
      },
    })
    await allow('*')
    watch = env.use(await SecretWatch.start(cluster, 'password'))
    await forEachIndex(COUNT, 8, (index) => env.externalSecret(nameOf(index), { password: `app/${nameOf(index)}` }))
  })
  afterEach(async () => {
    await Promise.all(env.operators.map((operator) => operator.stop()))
    await env.simulator.control('DELETE', '/faults')
    // Without messages that an operator took and did not delete. They would come back, and be read again.
    await env.simulator.control('PUT', '/queues/hints', { visibilityTimeoutSeconds: 60 })
  })
  afterAll(() => env[Symbol.asyncDispose]())

  /** What the AccessKey may do besides reads. */
  const allow = (...actions: readonly string[]): Promise<unknown> =>
    env.simulator.control('PUT', `/accessKeys/${ACCESS_KEY.id}`, {
      allow: [{ actions: ['kms:GetSecretValue', ...actions], resources: ['*'] }],
    })

  /** Number of secrets that were not read since the log of calls was cleared. */
  async function unread(): Promise<number> {
    const { calls } = await env.simulator.calls()
    const read = calls.flatMap(({ action, result, secret }) =>
      action === 'GetSecretValue' && result === 'OK' ? secret : [],
    )
    return COUNT - new Set(read).size
  }

  async function start(polling: readonly string[] = NO_POLLING): Promise<OperatorProcess> {
    await env.simulator.control('DELETE', '/calls')
    const operator = await env.replica({
      args: [`--hint-queue=${QUEUE}`, `--hint-endpoint=${env.simulator.host('smq')}`, ...polling],
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: ACCESS_KEY.id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: ACCESS_KEY.secret,
      },
    })
    await operator.leading()
    // A hint about a secret that was not read yet is left to the first read, and a slow start reads some secrets twice.
    await until(
      'every secret is read, and nothing waits',
      async () => (await unread()) === 0 && (await isIdle(operator)),
      {
        deadlineMs: DEADLINE_MS,
      },
    )
    return operator
  }

  async function isReported(version: string): Promise<boolean> {
    const { request, namespace } = env.cluster
    const path = `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/externalsecrets`
    const { items } = (await request<{ readonly items: readonly Reported[] }>('GET', path)).body
    return items.every(({ status }) => status?.secrets?.[0]?.versionId === version)
  }

  const messages = async (): Promise<number> => {
    const { visible = 0, inFlight = 0 } = (await env.simulator.control('GET', '/queues/hints')) as Record<
      string,
      number
    >
    return visible + inFlight
  }

  /** Waits until messages are received. The first one ends a long poll, which would take half a minute. */
  const receiving = async (operator: OperatorProcess): Promise<void> => {
    await env.simulator.control('POST', '/queues/hints', { bodies: ['{}'] })
    await operator.program.line((line) => (line.includes('Receiving hints from') ? true : undefined))
    await until('the first message is deleted', async () => (await messages()) === 0)
    // A page of metrics is up to a second old.
    await until('it is counted', async () => sumOf(await hintsOf(operator)) > 0)
  }

  const reads = async (): Promise<number> => {
    const { calls } = await env.simulator.calls()
    return calls
      .flatMap(({ action, result, count }) => (action === 'GetSecretValue' && result === 'OK' ? count : []))
      .reduce((sum, each) => sum + each, 0)
  }

  const counts = async (operator: OperatorProcess) => ({
    reads: await reads(),
    writes: await writesOf(operator),
    requests: await requestsOf(operator),
  })

  /** Reports the calls since `before`. */
  async function costs(
    what: string,
    operator: OperatorProcess,
    before: { readonly reads: number; readonly requests: number },
  ): Promise<void> {
    const after = await counts(operator)
    process.stderr.write(
      `push refresh, ${what}: ${after.reads - before.reads} KMS reads, ${after.requests - before.requests} API requests\n`,
    )
  }

  it('writes a changed secret within a second or two', async () => {
    const operator = await start()
    await receiving(operator)
    revision += 1
    const version = revision
    const [single, writes]: [number[], number[]] = [[], []]
    for (let index = 0; index < COUNT; index += 1) {
      const text = valueOf(index, version)
      const startedMs = performance.now()
      await env.simulator.put(`app/${nameOf(index)}`, text)
      single.push((await watch.seen(nameOf(index), text, DEADLINE_MS)) - startedMs)
      const writtenMs = performance.now()
      await env.putSecret('pace', { password: text })
      writes.push((await watch.seen('pace', text, DEADLINE_MS)) - writtenMs)
    }
    report('single changes', single)
    report('writes by the test itself', writes)
    // A busy machine is as slow for the test itself.
    expect(quantile(single, 0.5)).toBeLessThan(2_000 + 20 * quantile(writes, 0.5))
    await until('every message is deleted', async () => (await messages()) === 0)
    await vi.waitFor(async () => expect((await hintsOf(operator))['taken']).toBe(COUNT), DEADLINE_MS)
  })

  it('writes a burst of changed secrets', async () => {
    const operator = await start()
    await receiving(operator)
    revision += 1
    const version = revision
    const changes = Array.from({ length: COUNT }, (_none, at) => ({
      name: `app/${nameOf(at)}`,
      data: valueOf(at, version),
      versionId: `burst-${version}`,
    }))
    const before = { reads: await reads(), requests: await requestsOf(operator) }
    const startedMs = performance.now()
    await env.simulator.control('PUT', '/secrets', changes)
    const seen = await Promise.all(changes.map(({ data }, at) => watch.seen(nameOf(at), data, DEADLINE_MS)))
    report(
      'burst',
      seen.map((ms) => ms - startedMs),
    )
    await costs('burst', operator, before)
    expect((await reads()) - before.reads).toBe(COUNT)
    // Statuses are written after the Secrets; the next operator would write those that are missing.
    await until('every status names the new version', () => isReported(`burst-${version}`), { deadlineMs: DEADLINE_MS })
  })

  it('reads nothing for secrets that no resource uses, and each secret once for hints about unchanged ones', async () => {
    const operator = await start()
    await receiving(operator)
    const before = await counts(operator)
    await env.simulator.put('app/unused', canary('unused-2'))
    await env.simulator.control('POST', '/queues/hints', {
      bodies: Array.from({ length: COUNT }, (_none, at) => JSON.stringify({ secretName: `app/${nameOf(at)}` })),
    })
    await until('every message is deleted', async () => (await messages()) === 0)
    await until('every secret is read', async () => (await reads()) - before.reads >= COUNT)
    await costs(`hints about unchanged secrets`, operator, before)
    await vi.waitFor(
      async () => expect(await hintsOf(operator)).toMatchObject({ unknown: 1, taken: COUNT }),
      DEADLINE_MS,
    )
    expect((await reads()) - before.reads).toBe(COUNT)
    expect((await writesOf(operator)) - before.writes).toBe(0)
  })

  it('only counts forged messages, and reads each secret once because of them', async () => {
    const operator = await start()
    await receiving(operator)
    const before = { ...(await counts(operator)), hints: sumOf(await hintsOf(operator)) }
    const forged = Array.from({ length: FORGED }, (_none, at) => FORGERIES[at % FORGERIES.length]?.(at) ?? '')
    const startedMs = performance.now()
    await env.simulator.control('POST', '/queues/hints', { bodies: forged })
    await until('every message is deleted', async () => (await messages()) === 0, { deadlineMs: DEADLINE_MS })
    process.stderr.write(`push refresh, ${FORGED} forged messages: ${Math.round(performance.now() - startedMs)} ms\n`)
    await costs('forged messages', operator, before)
    await vi.waitFor(async () => expect(sumOf(await hintsOf(operator)) - before.hints).toBe(FORGED), DEADLINE_MS)
    await until('the only real name among them is read', async () => (await reads()) > before.reads)
    // One read at once, and then one in ten seconds.
    const read = (await reads()) - before.reads
    expect(read).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedMs) / 10_000))
    expect((await writesOf(operator)) - before.writes).toBe(0)
  })

  it('polls while the queue is missing, forbidden or away, says so once, and receives when it is back', async () => {
    await env.simulator.control('DELETE', '/queues/hints')
    const operator = await start(['--polling-interval=2s', '--polling-interval-with-push=2h'])
    const failed = (text: string): Promise<unknown> =>
      operator.program.line((line) =>
        line.includes('No hints, polling continues') && line.includes(text) ? true : undefined,
      )
    await failed('there is no such queue')
    await change(0)
    await env.simulator.control('PUT', '/queues/hints', {})
    await receiving(operator)
    await allow()
    await failed('may not call mns:BatchReceiveMessage')
    await change(1 % COUNT)
    await allow('*')
    await until(
      'hints are received again',
      async () => (await metric(operator, 'acksm_hint_queue_live{queue="hints"}')) === 1,
      { deadlineMs: DEADLINE_MS },
    )
    const lines = operator.program.lines.filter((line) => line.includes('No hints, polling continues'))
    expect(lines).toHaveLength(2)
    expect(operator.program.lines.join('\n')).not.toContain(ACCESS_KEY.secret)
    revision = 0
  })

  async function change(index: number): Promise<void> {
    const text = canary(`${nameOf(index)}-while-polling`)
    await env.simulator.put(`app/${nameOf(index)}`, text)
    await watch.seen(nameOf(index), text, DEADLINE_MS)
  }
})

/** Messages that an attacker may send. Only the first kind names a secret in use. */
const FORGERIES: ReadonlyArray<(at: number) => string> = [
  () => JSON.stringify({ secretName: 'app/web-0000' }),
  (at) => JSON.stringify({ secretName: `app/none-${at}` }),
  () => JSON.stringify({ secretName: 'app/web-0000', account: '9' }),
  () => '<!DOCTYPE a [<!ENTITY b "&#65;">]><Messages>&b;</Messages>',
  () => '['.repeat(5_000),
  () => JSON.stringify({ source: 'acs.kms', type: 'kms:ActionTrail:ApiCall', data: { eventName: 'TagResource' } }),
  () => '{"__proto__":{"secretName":"app/web-0000"}}',
  (at) => `${at}`,
]

/** Whether every resource is synced, and none waits for a worker. */
async function isIdle(operator: OperatorProcess): Promise<boolean> {
  const ready = await metric(operator, 'acksm_resources{kind="ExternalSecret",ready="True"}')
  return ready === COUNT && (await metric(operator, 'acksm_queue_depth')) === 0
}

async function hintsOf(operator: OperatorProcess): Promise<Record<string, number>> {
  const lines = (await operator.metrics()).matchAll(/^acksm_hints_total\{result="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, result, count]) => [result, Number(count)]))
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}

/** Requests that change something at the API server. */
async function writesOf(operator: OperatorProcess): Promise<number> {
  const lines = (await operator.metrics()).matchAll(
    /^acksm_kube_requests_total\{.*verb="(?:create|patch|update|delete)",resource="(?:secrets|externalsecrets\/status)".*\} (\d+)$/gm,
  )
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** All requests to the API server, except for watches. */
async function requestsOf(operator: OperatorProcess): Promise<number> {
  const lines = (await operator.metrics()).matchAll(/^acksm_kube_requests_total\{(.*)\} (\d+)$/gm)
  return [...lines].reduce(
    (sum, [, labels = '', count]) => sum + (/"watch"|leases/.test(labels) ? 0 : Number(count)),
    0,
  )
}

async function metric(operator: OperatorProcess, series: string): Promise<number | undefined> {
  const line = (await operator.metrics()).split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

function report(what: string, values: readonly number[]): void {
  const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)].map(Math.round)
  process.stderr.write(`push refresh, ${values.length} ${what}: p50 ${p50} ms, p99 ${p99} ms\n`)
}
