import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadCorpus } from './corpus.ts'
import { comparedTopics, compareWithSync, type DiffRound, everyNth } from './diff-property.ts'
import { seedOf } from './manifest.ts'

// Templates of hostile cases take long, and end in the same refusal each time.
const healthy = loadCorpus().filter(({ topic }) => topic !== 'hostile')
const corpus = everyNth(healthy, 6, 0)
let simulator: Simulator
let folder = ''
let rounds: readonly DiffRound[]

beforeAll(async () => {
  simulator = await startSimulator({ seed: seedOf(corpus) })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
  folder = await mkdtemp(path.join(tmpdir(), 'acksm-diff-'))
  const out = path.join(folder, 'out')
  const targets = path.join(out, 'default')
  rounds = await compareWithSync(
    corpus,
    {
      flags: ['--out', out, '--endpoint', new URL(simulator.kms).host, '--timeout', '240s', '-o', 'json'],
      versions: async () => {
        const names = await readdir(targets).catch(() => [])
        const read = names.map(
          async (name) => [name, await readlink(path.join(targets, name, '..data')).catch(() => '')] as const,
        )
        return new Map(await Promise.all(read))
      },
      edit: async (name, n) => {
        const version = path.join(targets, name, '..data')
        const [key] = (await readdir(version)).filter((each) => !each.startsWith('..'))
        if (key === undefined) return
        if (n % 8 === 0) await writeFile(path.join(version, key), 'edited by another client')
        else await rm(path.join(targets, name, key))
      },
    },
    (secret, body) =>
      fetch(new URL(`/secrets/${secret}`, simulator.control), { method: 'PUT', body: JSON.stringify(body) }),
  )
}, 600_000)
afterAll(async () => {
  await simulator?.close()
  await rm(folder, { recursive: true, force: true })
})

it('compares cases of every topic but the hostile one', () => {
  expect(comparedTopics(corpus)).toEqual(comparedTopics(healthy))
})

it('announces exactly what the next sync writes to files, and writes nothing', () => {
  for (const { state, announced, written, writtenByDiff } of rounds) {
    expect([state, announced, writtenByDiff]).toEqual([state, written, []])
  }
  const counts = rounds.map(({ written }) => written.length)
  expect(counts[0]).toBeGreaterThan(40)
  expect([counts[1], counts[5]]).toEqual([0, 0])
  for (const count of counts.slice(2, 5)) expect(count).toBeGreaterThan(5)
})

it('exits with 2 if anything failed, and shows no value', () => {
  for (const { code, failures, announced, output } of rounds) {
    expect(code).toBe(failures > 0 ? 2 : Number(announced.length > 0))
    expect(output).not.toContain('hunter2')
  }
})
