import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MANAGED_BY_LABEL, MANAGED_BY_VALUE, PROVENANCE_ANNOTATION, resourcesPath } from '@ack-secret-manager/resources'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PushSecretController, type PushSecretControllerOptions } from './push-secret-controller.ts'

const RAW = {
  metadata: { namespace: 'shop', name: 'web', uid: 'uid', generation: 1, resourceVersion: '1' },
  spec: { secretStoreRef: { name: 'kms' }, selector: { name: 'source' }, data: [{ key: 'web', secretKey: 'a' }] },
}

let clock: ManualClock
let secrets: PromiseWithResolvers<void>
let isOwned: boolean
/** Statuses that were written. */
let written: object[]
/** What a read of Secret `source` does. */
let read: PushSecretControllerOptions['client']['get']
/** ExternalSecrets that the API server has, and of which no watch has said anything. */
let externalSecrets: object[]
/** Lists of them. */
let listed: string[]
/** The event that the watch of PushSecrets delivers. */
let event: PromiseWithResolvers<object>
let stop: AbortController
let controller: PushSecretController
let running: Promise<void>

beforeEach(() => {
  clock = new ManualClock()
  secrets = Promise.withResolvers()
  isOwned = true
  written = []
  read = () => Promise.reject(new SecretSyncError('NotFound', 'no Secret'))
  externalSecrets = []
  listed = []
  event = Promise.withResolvers()
  stop = new AbortController()
  const client: PushSecretControllerOptions['client'] = {
    list: async (path) => {
      if (path.endsWith('/externalsecrets')) {
        listed.push(path)
        return { metadata: {}, items: externalSecrets as never[] }
      }
      if (path !== resourcesPath('PushSecret')) await secrets.promise
      return {
        metadata: { resourceVersion: '1' },
        items: (path === resourcesPath('PushSecret') ? [RAW] : []) as never[],
      }
    },
    stream: async ({ path, signal }) =>
      path === resourcesPath('PushSecret')
        ? eventsUntil(signal)
        : new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
    get: (...args) => read(...args),
    mergePatch: async (_path: string, patch: unknown, { signal }) => {
      signal.throwIfAborted()
      written.push(patch as object)
      return { ...RAW, ...(patch as object), metadata: RAW.metadata } as never
    },
  }
  controller = new PushSecretController({
    client,
    clock,
    random: () => 0,
    stores: {
      pushTarget: () => {
        throw new SecretSyncError('StoreNotFound', 'no store')
      },
      pushConnection: () => undefined,
    },
    quota: { take: async () => undefined, throttled: () => {}, repeated: () => {}, sharesChanged: () => {} },
    renderer: { render: () => Promise.reject(new Error('no template')), close: async () => undefined },
    namespaces: { watch: [], exclude: [] },
    events: { record: () => undefined },
    cluster: 'cluster',
    digestKey: new Sensitive(new Uint8Array(32)),
    domainOf: () => 'kms/cn-hangzhou/operator',
    writersOf: () => [],
    owns: () => isOwned,
    isFenceOpen: () => true,
    isTerminating: () => false,
    onResult: () => undefined,
    onChanged: () => undefined,
    onReport: () => undefined,
    onForgotten: () => undefined,
    onError: () => undefined,
    onFault: () => undefined,
  })
  running = controller.run(stop.signal)
})
async function* eventsUntil(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const end = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', reject))
  yield Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object: await Promise.race([event.promise, end]) })}\n`)
  await end
}

afterEach(async () => {
  secrets.resolve()
  stop.abort()
  await clock.advance(0)
  await running
})

it('starts the first run after the list of Secrets', async () => {
  controller.reassign()
  await clock.advance(600_000)
  expect(written).toEqual([])
  secrets.resolve()
  await clock.advance(10_000)
  expect(written[0]).toMatchObject({ status: { secrets: [{ key: 'web', state: 'Pending' }] } })
})

it('hands PushSecrets over at once before it has listed the Secrets', async () => {
  controller.reassign()
  await clock.advance(10_000)
  isOwned = false
  controller.reassign()
  let isOver = false
  void controller.written().then(() => (isOver = true))
  await clock.advance(0)
  expect(isOver).toBe(true)
  secrets.resolve()
  await clock.advance(600_000)
  expect(written).toEqual([])
})

it('stops as the leader without an unhandled rejection before it has listed the Secrets', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): unknown => unhandled.push(error)
  process.on('unhandledRejection', note)
  try {
    controller.reassign()
    stop.abort()
    secrets.reject(new SecretSyncError('Cancelled', 'the operator stops'))
    await running
    await new Promise(setImmediate)
  } finally {
    process.off('unhandledRejection', note)
  }
  expect(unhandled).toEqual([])
})

const PROVENANCE =
  '{"v":1,"type":"Opaque","sources":[["web","v1"]],"owners":[{"name":"source","creation":"owner","deletion":"delete","digestKey":"k","keys":[["a",0,"d"]]}],"sum":"S6pmX-Tecy77"}'
const secretOf = (labels: Readonly<Record<string, string>>): PushSecretControllerOptions['client']['get'] => {
  const metadata = { labels, annotations: { [PROVENANCE_ANNOTATION]: PROVENANCE } }
  return (async () => ({ metadata, data: { a: btoa('A') } })) as PushSecretControllerOptions['client']['get']
}
const WRITER = {
  metadata: { namespace: 'shop', name: 'source' },
  spec: { data: [{ key: 'web', name: 'a', secretStoreRef: { name: 'kms' } }] },
}

it('detects a loop from the Secret alone, before a watch has delivered the Secret or its ExternalSecret', async () => {
  externalSecrets = [WRITER]
  read = secretOf({ [MANAGED_BY_LABEL]: MANAGED_BY_VALUE })
  controller.reassign()
  secrets.resolve()
  await clock.advance(10_000)
  expect(written[1]).toMatchObject({ status: { conditions: [{ status: 'False', reason: 'LoopDetected' }] } })
})

it('makes no call for the ExternalSecrets of a Secret that the operator does not manage', async () => {
  externalSecrets = [WRITER]
  read = secretOf({})
  controller.reassign()
  secrets.resolve()
  await clock.advance(10_000)
  expect(written[1]).toMatchObject({ status: { conditions: [{ status: 'False', reason: 'StoreNotFound' }] } })
  expect(listed).toEqual([])
})

it('runs at once when a refresh is requested, although only a user can end its failure', async () => {
  let reads = 0
  read = () => {
    reads += 1
    return Promise.reject(new SecretSyncError('NotFound', 'no Secret'))
  }
  controller.reassign()
  secrets.resolve()
  await clock.advance(60_000)
  expect(reads).toBe(1)
  const annotations = { 'alibabacloud.com/refresh-now': 'now' }
  event.resolve({ ...RAW, metadata: { ...RAW.metadata, resourceVersion: '2', annotations } })
  await clock.advance(5_000)
  expect(reads).toBe(2)
})

describe('when domains change', () => {
  let reads: number
  beforeEach(async () => {
    reads = 0
    read = () => {
      reads += 1
      return Promise.reject(new SecretSyncError('NotFound', 'no Secret'))
    }
    controller.reassign()
    secrets.resolve()
    await clock.advance(60_000)
  })

  it('does not run a PushSecret again that this process still owns', async () => {
    for (let count = 0; count < 5; count += 1) {
      controller.reassign()
      await clock.advance(10_000)
    }
    expect(reads).toBe(1)
  })

  it.each([
    [
      'by a hand-over',
      () => {
        controller.reassign()
        void controller.written()
      },
    ],
    ['by a change of its store', () => controller.storeChanged({ namespace: 'shop', name: 'kms' })],
  ])('runs a PushSecret again that this process lost %s', async (_how, lose) => {
    isOwned = false
    lose()
    await clock.advance(10_000)
    expect(reads).toBe(1)
    isOwned = true
    controller.reassign()
    await clock.advance(10_000)
    expect(reads).toBe(2)
  })
})

it.each([
  ['of a store that they concern', 'shop', 'kms', 1],
  ['of another store', 'shop', 'other', 0],
  ['in another namespace', 'dev', 'kms', 0],
])('follows changed labels of its namespace: a PushSecret %s', async (_which, namespace, store, runs) => {
  let reads = 0
  read = () => {
    reads += 1
    return Promise.reject(new SecretSyncError('NotFound', 'no Secret'))
  }
  controller.reassign()
  secrets.resolve()
  await clock.advance(60_000)
  expect(reads).toBe(1)
  controller.namespaceChanged(namespace, ({ name }) => name === store)
  await clock.advance(60_000)
  expect(reads - 1).toBe(runs)
})

it('reports a run that exceeded its deadline in the status', async () => {
  read = (_path, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  controller.reassign()
  secrets.resolve()
  await clock.advance(299_000)
  expect(written).toHaveLength(1)
  await clock.advance(2_000)
  const message = expect.stringMatching(/^pushing shop\/web: not finished within .*divide spec\.data/) as string
  expect(written[1]).toMatchObject({ status: { conditions: [{ status: 'False', reason: 'Unavailable', message }] } })
})

it.each([
  ['Deleting', 1],
  ['Pushed', 0],
])('runs when a former store is back, if the state of its secret is %s', async (state, runs) => {
  const secretStoreRef = { name: 'former', namespace: 'shop', kind: 'SecretStore' }
  const status = { observedGeneration: 1, conditions: [], secrets: [{ key: 'old', secretStoreRef, state }] }
  let reads = 0
  read = () => {
    reads += 1
    return Promise.reject(new SecretSyncError('NotFound', 'no Secret'))
  }
  controller.reassign()
  secrets.resolve()
  event.resolve({ ...RAW, metadata: { ...RAW.metadata, resourceVersion: '2' }, status })
  await clock.advance(60_000)
  const before = reads
  controller.storeChanged({ namespace: 'shop', name: 'former' })
  await clock.advance(60_000)
  expect(reads - before).toBe(runs)
})
