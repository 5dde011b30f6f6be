import { ACCEPT_METADATA, inNamespace, KubeClient, listPages } from '@ack-secret-manager/k8s-client'
import { forEachIndex } from '@ack-secret-manager/testenv'
import { type LoaderOwner, loaderSecret, loaderStatus } from './loader-bodies.ts'
import type { LoaderJob, LoaderResult, LoaderSample } from './loader-job.ts'

// The minimum work for the operator's writes: no watch, read or decision.

const EXTERNAL_SECRETS = '/apis/alibabacloud.com/v1alpha1/externalsecrets'
const PAGE_SIZE = 1_000

const { signal } = new AbortController()

async function ownersIn(client: KubeClient, namespace: string): Promise<LoaderOwner[]> {
  const owners: LoaderOwner[] = []
  const path = inNamespace(EXTERNAL_SECRETS, namespace)
  for await (const page of listPages(path, { client, pageSize: PAGE_SIZE, signal })) {
    owners.push(...page.items.map(({ metadata: { name = '', uid = '' } }) => ({ namespace, name, uid })))
  }
  return owners
}

/** @returns seconds */
async function load(client: KubeClient, owners: readonly LoaderOwner[], concurrency: number): Promise<number> {
  const startedMs = performance.now()
  const options = { signal, accept: ACCEPT_METADATA }
  await forEachIndex(owners.length, concurrency, async (index) => {
    const owner = owners[index]
    if (owner === undefined) return
    const { namespace, name } = owner
    const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z')
    await client.create(inNamespace('/api/v1/secrets', namespace), loaderSecret(owner, index), options)
    const status = `${inNamespace(EXTERNAL_SECRETS, namespace)}/${name}/status`
    await client.mergePatch(status, loaderStatus(owner, now), options)
  })
  return (performance.now() - startedMs) / 1_000
}

async function clientFor(kubeconfigPath: string, connections: number): Promise<KubeClient> {
  const client = await KubeClient.fromKubeConfig({ kubeconfigPath, connections })
  // The time for opening connections is not measured.
  await Promise.all(Array.from({ length: connections }, () => client.get('/version', { signal })))
  return client
}

async function main({
  kubeconfigPath,
  namespace,
  sampleNamespace,
  sampleSize,
  concurrencies,
}: LoaderJob): Promise<void> {
  const first = await clientFor(kubeconfigPath, 4)
  const [owners, sampleOwners] = await Promise.all([ownersIn(first, namespace), ownersIn(first, sampleNamespace)])
  await first.close()
  const samples: LoaderSample[] = []
  for (const [index, concurrency] of concurrencies.entries()) {
    const client = await clientFor(kubeconfigPath, concurrency)
    const some = sampleOwners.slice(index * sampleSize, (index + 1) * sampleSize)
    samples.push({ concurrency, perSecond: some.length / (await load(client, some, concurrency)) })
    await client.close()
  }
  const best = samples.reduce((a, b) => (b.perSecond > a.perSecond ? b : a))
  const client = await clientFor(kubeconfigPath, best.concurrency)
  const before = process.cpuUsage()
  const seconds = await load(client, owners, best.concurrency)
  const { user, system } = process.cpuUsage(before)
  await client.close()
  const cpuSeconds = (user + system) / 1e6
  const result: LoaderResult = { samples, concurrency: best.concurrency, resources: owners.length, seconds, cpuSeconds }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

await main(JSON.parse(process.argv[2] ?? '') as LoaderJob)
