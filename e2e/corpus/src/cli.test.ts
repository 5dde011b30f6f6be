import tls from 'node:tls'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './cli-runner.ts'
import { loadCorpus } from './corpus.ts'
import { seedOf } from './manifest.ts'
import { differenceOf, type Outcome } from './outcome.ts'

const corpus = loadCorpus()
let simulator: Simulator
let outcomes: ReadonlyMap<string, Outcome>

beforeAll(async () => {
  simulator = await startSimulator({ seed: seedOf(corpus) })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
  outcomes = await runCli(corpus, new URL(simulator.kms).host)
}, 600_000)
afterAll(() => simulator?.close())

describe.each([...new Set(corpus.map(({ topic }) => topic))])('acksm: %s', (topic) => {
  it.each(corpus.filter((one) => one.topic === topic))('$id: $rule', (one) => {
    expect(differenceOf(one, outcomes.get(one.id))).toBeUndefined()
  })
})
