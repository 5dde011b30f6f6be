import type { TestCluster } from '@ack-secret-manager/control-plane/testing'
import type { ObservedSecret, Owner, ReplaceAction, TargetRef } from '@ack-secret-manager/core'
import { createOf, recordFor, there } from '@ack-secret-manager/testkit'
import { WriterBench } from './writer-bench.ts'

const { signal } = new AbortController()
export const OLD = { a: 'old', b: 'kept' }
/** Long enough not to occur in random text. */
export const NEW = { a: 'what is new', b: 'kept' }
export const TYPE = 'example.com/new'
/** Calls of a replacement. */
export const STEPS = [
  'get secrets 200',
  'delete secrets 200',
  'create secrets 201',
  'create secrets 409',
  'delete secrets 200',
  'create secrets 201',
  'delete secrets 200',
]

/** Secrets that are recreated with another type and content. */
export function replacementsIn(cluster: TestCluster) {
  const ref = (name: string): TargetRef => ({ namespace: cluster.namespace, name })
  /** Without a watch, so that all requests belong to the replacement. */
  const open = (more: object = {}): Promise<WriterBench> => WriterBench.open(cluster, { watch: false, ...more })

  async function old(bench: WriterBench, name: string, more: Parameters<typeof createOf>[4] = {}) {
    const target = ref(name)
    const owner = await bench.owner(name)
    const observed = there(await bench.writer.apply(createOf(bench, target, owner, OLD, more), { signal }))
    return { target, owner, observed }
  }

  function replaceOf(
    { digester }: WriterBench,
    { target, owner, observed }: { target: TargetRef; owner: Owner; observed: ObservedSecret },
    more: Parameters<typeof recordFor>[3] = {},
  ): ReplaceAction {
    const { set } = createOf({ digester }, target, owner, { a: NEW.a })
    const record = recordFor(digester, target, NEW, { versionId: 'v2', ...more })
    const exactly = { ifUid: observed.uid, ifResourceVersion: observed.resourceVersion }
    return { kind: 'replace', target, owner, type: TYPE, set, carry: ['b'], record, ...exactly }
  }

  return { ref, open, old, replaceOf }
}
