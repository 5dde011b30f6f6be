import tls from 'node:tls'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadCorpus } from './corpus.ts'
import { comparedTopics, compareWithSync, type DiffRound, everyNth } from './diff-property.ts'
import { seedOf } from './manifest.ts'

interface Secret {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
  readonly data?: Readonly<Record<string, string>>
}

// Templates of hostile cases take long, and end in the same refusal each time.
const healthy = loadCorpus().filter(({ topic }) => topic !== 'hostile')
const corpus = everyNth(healthy, 3, 1)

describeCluster('diff and sync on a real API server', () => {
  const cluster = useCluster()
  let simulator: Simulator
  let rounds: readonly DiffRound[]
  const secrets = (): string => `/api/v1/namespaces/${cluster.namespace}/secrets`

  beforeAll(async () => {
    simulator = await startSimulator({ seed: seedOf(corpus) })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
    const where = ['--kube', '--kubeconfig', cluster.kubeconfigPath, '-n', cluster.namespace]
    rounds = await compareWithSync(
      corpus,
      {
        flags: [...where, '--endpoint', new URL(simulator.kms).host, '--timeout', '240s', '-o', 'json'],
        versions: async () => {
          const { body } = await cluster.request<{ items: readonly Secret[] }>('GET', secrets())
          return new Map(
            body.items.map(({ metadata }) => [metadata.name, `${metadata.uid}/${metadata.resourceVersion}`]),
          )
        },
        edit: async (name, n) => {
          const { body } = await cluster.request<Secret>('GET', `${secrets()}/${name}`)
          const [key = 'none'] = Object.keys(body.data ?? {})
          const edits: readonly object[] = [
            { data: { [key]: 'ZWRpdGVk' } },
            { data: { [key]: null } },
            { data: { 'of-another-client': 'eA==' } },
            { metadata: { labels: { 'alibabacloud.com/managed-by': null } } },
          ]
          await cluster.request('PATCH', `${secrets()}/${name}`, edits[(n / 4) % edits.length], {
            contentType: 'application/merge-patch+json',
          })
        },
      },
      (secret, body) =>
        fetch(new URL(`/secrets/${secret}`, simulator.control), { method: 'PUT', body: JSON.stringify(body) }),
    )
  }, 600_000)
  afterAll(() => simulator?.close())

  it('compares cases of every topic but the hostile one', () => {
    expect(comparedTopics(corpus)).toEqual(comparedTopics(healthy))
  })

  it('announces exactly the Secrets whose resourceVersion the next sync changes, and changes none itself', () => {
    for (const { state, announced, written, writtenByDiff } of rounds) {
      expect([state, announced, writtenByDiff]).toEqual([state, written, []])
    }
    const counts = rounds.map(({ written }) => written.length)
    expect(counts[0]).toBeGreaterThan(80)
    expect([counts[1], counts[5]]).toEqual([0, 0])
    for (const count of counts.slice(2, 5)) expect(count).toBeGreaterThan(10)
  })

  it('exits with 2 if anything failed, and shows no value', () => {
    for (const { code, failures, announced, output } of rounds) {
      expect(code).toBe(failures > 0 ? 2 : Number(announced.length > 0))
      expect(output).not.toContain('hunter2')
    }
  })
})
