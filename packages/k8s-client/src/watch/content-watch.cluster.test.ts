import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ContentWatch } from './content-watch.ts'
import { KubeClient } from '../client/kube-client.ts'
import type { KubeRequestStats } from '../client/kube-request.ts'
import { shortPauses } from '../testing/short-pauses.ts'

const WAIT = { timeout: 60_000, interval: 5 }

describeCluster('ContentWatch', () => {
  const cluster = useCluster()
  const { signal } = new AbortController()
  let requests: KubeRequestStats[]
  let notified: string[][]
  let client: KubeClient
  let followed: ContentWatch
  let count = 0

  beforeEach(async () => {
    requests = []
    notified = []
    client = new KubeClient({
      credentials: await clusterCredentials(cluster),
      onRequest: (request) => requests.push(request),
    })
    followed = new ContentWatch({ client, clock: shortPauses, onChange: (owners) => notified.push([...owners]) })
  })
  afterEach(async () => {
    await followed.close()
    await client.close()
  })

  const ref = () => ({
    kind: 'ConfigMap' as const,
    namespace: cluster.namespace,
    name: `followed-${(count += 1)}`,
    keys: ['a'],
  })
  const collection = (): string => `/api/v1/namespaces/${cluster.namespace}/configmaps`
  const make = ({ name }: { name: string }) =>
    client.create(collection(), { metadata: { name }, data: { a: '1' } }, { signal })
  const change = ({ name }: { name: string }, a: string) =>
    client.mergePatch(`${collection()}/${name}`, { data: { a } }, { signal })
  const read = async (owner: string, ...refs: ReturnType<typeof ref>[]) =>
    (await followed.read(owner, refs, { signal })).map((content) => content && String(content.get('a')?.expose()))
  const tells = (...expected: string[][]) => vi.waitFor(() => expect(notified).toEqual(expected), WAIT)
  /** Waits for the comparison after the first event of a watch, which is the only visible sign of its start. */
  const compared = (times: number) =>
    vi.waitFor(
      () =>
        expect(requests.filter(({ verb, resource }) => verb === 'get' && resource === 'configmaps')).toHaveLength(
          times,
        ),
      WAIT,
    )

  /** An object that an owner has read, and whose watch has started. */
  const readBy = async (owner: string) => {
    const object = ref()
    await make(object)
    await read(owner, object)
    await compared(2)
    return object
  }

  it('reads existing objects, and returns undefined for missing ones', async () => {
    const [there, gone] = [ref(), ref()]
    await make(there)
    expect(await read('a', there, gone)).toEqual(['1', undefined])
  })

  it('reads the bytes of a Secret and the text of a ConfigMap', async () => {
    const name = `followed-${(count += 1)}`
    const secrets = `/api/v1/namespaces/${cluster.namespace}/secrets`
    await client.create(secrets, { metadata: { name }, data: { a: 'AP8=' } }, { signal })
    const secret = { kind: 'Secret' as const, namespace: cluster.namespace, name, keys: ['a'] }
    const [content] = await followed.read('a', [secret], { signal })
    expect(content?.get('a')?.expose()).toEqual(Buffer.from([0, 255]))
  })

  it('notifies an owner only when the content differs from its last read', async () => {
    const object = await readBy('a')
    expect(notified).toEqual([])
    await change(object, '2')
    await tells(['a'])
    expect(await read('a', object)).toEqual(['2'])
    await client.delete(`${collection()}/${object.name}`, { signal })
    await tells(['a'], ['a'])
    expect(await read('a', object)).toEqual([undefined])
    await make(object)
    await tells(['a'], ['a'], ['a'])
  })

  it('does not report a new version with equal content, and reports the next change', async () => {
    const object = await readBy('a')
    const touched = { metadata: { annotations: { touched: 'yes' } } }
    await client.mergePatch(`${collection()}/${object.name}`, touched, { signal })
    await compared(4)
    expect(notified).toEqual([])
    await change(object, '2')
    await tells(['a'])
  })

  it('notifies only owners with a different last read', async () => {
    const object = await readBy('before')
    await change(object, '2')
    await read('after', object)
    await tells(['before'])
    expect(notified.flat()).not.toContain('after')
  })

  it('does not notify owners that no longer use the object', async () => {
    const [object, other] = [ref(), ref()]
    await make(object)
    await make(other)
    await read('moved', object)
    await compared(2)
    await read('gone', object)
    await read('stays', object)
    await read('moved', other)
    await compared(6)
    followed.forget('gone')
    await change(object, '2')
    await tells(['stays'])
  })

  /** Delays the next response for this path until it is released. */
  const answersLate = (path: string): (() => void) => {
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>()
    const get = client.get.bind(client)
    let next: string | undefined = path
    vi.spyOn(client, 'get').mockImplementation(async (asked, options) => {
      const late = asked === next
      if (late) next = undefined
      try {
        return await get(asked, options)
      } finally {
        if (late) await free
      }
    })
    return letGo
  }

  it('does not report objects that the owner has dropped, even during its next read', async () => {
    const [object, other] = [ref(), ref()]
    await make(object)
    await read('moves', object)
    await read('stays', object)
    await compared(3)
    const letGo = answersLate(`${collection()}/${other.name}`)
    const reading = read('moves', other)
    await change(object, '2')
    await tells(['stays'])
    letGo()
    expect(await reading).toEqual([undefined])
  })

  it('reports a change during a read, whose response can be older', async () => {
    const object = await readBy('a')
    const letGo = answersLate(`${collection()}/${object.name}`)
    const reading = read('a', object)
    await compared(3)
    await change(object, '2')
    await tells(['a'])
    letGo()
    expect(await reading).toEqual(['1'])
  })
})
