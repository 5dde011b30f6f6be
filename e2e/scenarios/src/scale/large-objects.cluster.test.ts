import { contentDigester } from '@ack-secret-manager/core'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'
import { expect, it } from 'vitest'
import { TestEnvironment, usageOf } from '@ack-secret-manager/testenv'

/** Together 38 MB: 14 templates of nearly 64 KiB each. */
const EXTERNAL_SECRETS = 40
const TEMPLATES = 14
/** Together 34 MB of annotations, which the API server limits to 256 KiB an object. */
const SECRETS = 135
const ANNOTATION = 'a'.repeat(255 * 1_024)
const READY_MS = 180_000
/** Specs of 37 MB are kept; 290 MiB were measured. The chart limits the pod to 768 MiB. */
const MEMORY_MIB = 400

const largeSpec = {
  suspend: true,
  data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }],
  target: {
    template: { data: Object.fromEntries(Array.from({ length: TEMPLATES }, (_, i) => [`t${i}`, 't'.repeat(65_000)])) },
  },
}

describeCluster('a namespace with more than 60 MB of objects', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('does not prevent readiness or the syncs of other resources', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    for (let index = 0; index < EXTERNAL_SECRETS; index += 1) {
      await env.apply('ExternalSecret', `large-${index}`, largeSpec)
    }
    const labels = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
    for (let index = 0; index < SECRETS; index += 1) {
      const metadata = { name: `labelled-${index}`, labels, annotations: { large: ANNOTATION } }
      await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata })
    }
    await env.externalSecret('small', { password: 'db' })

    const startedMs = performance.now()
    const operator = await env.operator()
    await operator.leading(READY_MS)
    const readyMs = Math.round(performance.now() - startedMs)
    const { peakRssMiB } = await usageOf(operator.program.pid)
    process.stdout.write(`ready with 72 MB of objects: ${readyMs} ms, ${peakRssMiB.toFixed(0)} MiB at most\n`)
    expect(peakRssMiB).toBeLessThan(MEMORY_MIB)
    await env.untilSecret('small', { password: 'one' })

    await using client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    await using writer = new KubeSecretWriter({ client, digester: contentDigester(Buffer.alloc(32)), watch: false })
    await writer.prefetch([cluster.namespace], { signal: new AbortController().signal })
    expect(writer.ownedBy(cluster.namespace, 'small')).toMatchObject([{ target: { name: 'small' } }])
  })
})
