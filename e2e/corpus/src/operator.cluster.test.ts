import tls from 'node:tls'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type OperatorProcess, TestEnvironment } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from './cli-runner.ts'
import { loadCorpus } from './corpus.ts'
import { ACCESS_KEY_ENV, seedOf } from './manifest.ts'
import {
  HEALTHY_CASES,
  LOOPING,
  loopsGivenUp,
  polledEverySecond,
  rotate,
  startLooping,
  untilFollowed,
} from './between-syncs.ts'
import { type OperatorNamespace, runOperator } from './operator-runner.ts'
import { differenceOf, type Outcome } from './outcome.ts'

const DEADLINE_MS = 240_000
const ROUNDS = 3
const ROUND_DEADLINE_MS = 120_000
/** Part of the values of many cases, and of nothing else. */
const CANARY = 'hunter2'

const corpus = [
  ...HEALTHY_CASES,
  ...loadCorpus().map((one) => (one.topic === 'hostile' ? polledEverySecond(one) : one)),
]
const hostile = corpus.filter(({ topic }) => topic === 'hostile')

describeCluster('the corpus on a real API server', () => {
  const cluster = useCluster()
  /** Belongs to another tenant. */
  const neighbour = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess
  let byOperator: ReadonlyMap<string, Outcome>
  let byCli: ReadonlyMap<string, Outcome>

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seedOf(corpus) })
    const { endpoint, caPem } = env.simulator
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), caPem])
    operator = await env.replica({
      namespaces: [cluster.namespace, neighbour.namespace],
      args: ['--polling-interval=120s', '--log-level=info'],
      env: ACCESS_KEY_ENV,
    })
    await operator.leading()
    const roads = [runOperator(corpus, cluster, DEADLINE_MS), runCli(corpus, endpoint, cluster.namespace)] as const
    ;[byOperator, byCli] = await Promise.all(roads)
  }, 3 * DEADLINE_MS)
  afterAll(() => env?.[Symbol.asyncDispose]())

  it.each([...new Set(corpus.map(({ topic }) => topic))])('has the expected result: %s', (topic) => {
    const cases = corpus.filter((one) => one.topic === topic)
    const differences = cases.map((one) => [one.id, differenceOf(one, byOperator.get(one.id))] as const)
    expect(Object.fromEntries(differences.filter(([, difference]) => difference !== undefined))).toEqual({})
  })

  it('equals the output and the messages of acksm', () => {
    const differing = corpus.flatMap(({ id, expected }) => {
      const [one, other] = [byOperator.get(id), byCli.get(id)]
      // The API server words its rejections differently.
      const isOwn = expected.kind === 'invalid' || (expected.kind === 'refused' && expected.ownWords)
      if (isOwn && one?.kind === other?.kind) return []
      return JSON.stringify(keyed(one)) === JSON.stringify(keyed(other)) ? [] : [{ id, operator: one, acksm: other }]
    })
    expect(differing).toEqual([])
  })

  it('does not delay others, which follow their secrets while hostile resources are reconciled and templates of a neighbour loop', async () => {
    for (let round = 1; round <= ROUNDS; round += 1) {
      // New ones for each round: on a busy machine the earlier ones may have ended.
      await startLooping(neighbour, round)
      await rotate(hostile, env.simulator, round)
      await untilFollowed(cluster, round, ROUND_DEADLINE_MS)
      // They were synced before the wait, not because of it.
      expect(await loopsGivenUp(neighbour, round)).toBeLessThan(LOOPING)
    }
    expect(await said(neighbour)).not.toContain('"status":"True"')
    // The status is written after the Secret.
    await expect
      .poll(async () => (await said(cluster)).split(`"versionId":"round-${ROUNDS}"`).length, { timeout: 60_000 })
      .toBeGreaterThan(HEALTHY_CASES.length)
    expect(await operator.metrics()).toContain('acksm_')
  }, 600_000)

  it('shows no value in a status, an event or the log', async () => {
    const everything = [await said(cluster), ...operator.program.lines].join('\n')
    expect(everything.length).toBeGreaterThan(100_000)
    for (const encoded of [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 8)]) {
      expect(everything).not.toContain(encoded)
    }
  })
})

/** Statuses and events, as text. */
async function said({ request, namespace }: OperatorNamespace): Promise<string> {
  const paths = [
    `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/externalsecrets`,
    `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  ]
  return JSON.stringify(await Promise.all(paths.map((path) => request('GET', path))))
}

/** With keys in the order of their names. */
function keyed(outcome: Outcome | undefined): unknown {
  if (outcome?.kind !== 'secret') return outcome
  return { ...outcome, data: Object.entries(outcome.data).toSorted(([a], [b]) => (a < b ? -1 : 1)) }
}
