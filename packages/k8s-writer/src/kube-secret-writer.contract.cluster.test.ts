import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { describeWriterContract, type WriterHarness } from '@ack-secret-manager/testkit'
import { afterAll, beforeAll } from 'vitest'
import { KubeSecretWriter } from './kube-secret-writer.ts'
import { WriterBench } from './testing/writer-bench.ts'

const LOOKS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

describeCluster('on a real API server', () => {
  const cluster = useCluster()
  for (const watch of [true, false]) {
    let bench: WriterBench
    beforeAll(async () => {
      bench = await WriterBench.open(cluster, { watch })
    })
    afterAll(() => bench[Symbol.asyncDispose]())

    describeWriterContract({
      name: `Secrets ${watch ? 'with' : 'without'} a watch`,
      setUp: (): WriterHarness => ({
        writer: bench.writer,
        digester: bench.digester,
        namespace: bench.namespace,
        owner: (name) => bench.owner(name),
        read: (target) => bench.read(target),
        edit: (target, key, value) => bench.edit(target, key, value),
        writes: () => bench.requests.filter(({ verb }) => !LOOKS.has(verb)).length,
        another: async () =>
          new KubeSecretWriter({
            client: bench.client,
            digester: bench.digester,
            namespaces: [bench.namespace],
            watch: false,
          }),
      }),
    })
  }
})
