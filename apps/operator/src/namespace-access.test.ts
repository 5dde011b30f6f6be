import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { describe, expect, it } from 'vitest'
import { decideLeftOut, NamespaceAccess, type NamespaceAnswer } from './namespace-access.ts'

const PERMITTED: NamespaceAnswer = { forbidden: [], isUnavailable: false }
const FORBIDDEN: NamespaceAnswer = { forbidden: ['secrets'], isUnavailable: false }
const UNAVAILABLE: NamespaceAnswer = { forbidden: [], isUnavailable: true }
const LEFT_OUT = new Map([['b', ['secrets']]])

describe('decideLeftOut', () => {
  it.each([
    ['leaves none out if all are permitted', PERMITTED, 0, new Map(), new Map()],
    ['asks again after a new 403', FORBIDDEN, 29_999, new Map(), undefined],
    ['leaves a namespace out after 30 s', FORBIDDEN, 30_000, new Map(), LEFT_OUT],
    ['leaves a known namespace out at once', FORBIDDEN, 0, LEFT_OUT, LEFT_OUT],
    ['asks again without a response', UNAVAILABLE, 29_999, LEFT_OUT, undefined],
    ['watches a namespace without a response after 30 s', UNAVAILABLE, 30_000, LEFT_OUT, new Map()],
  ])('%s', (_rule, answer, waitedMs, known, leftOut) => {
    const answers = new Map([
      ['a', PERMITTED],
      ['b', answer],
    ])
    expect(decideLeftOut(answers, { known, waitedMs })).toEqual(leftOut)
  })
})

/** An API server where all lists succeed, except those in `denied` as `namespace/plural`. */
function start(namespaces: readonly string[], { crossNamespaceSecretStore = false, status = 403 } = {}) {
  const clock = new ManualClock()
  const denied = new Set<string>()
  const requests: string[] = []
  const log: string[] = []
  let open = 0
  let mostOpen = 0
  const list = async (path: string): Promise<never> => {
    const [, namespace, plural] = /namespaces\/([^/]+)\/(.+)$/.exec(path) ?? []
    requests.push(`${namespace}/${plural}`)
    open += 1
    mostOpen = Math.max(mostOpen, open)
    await Promise.resolve()
    open -= 1
    if (denied.has(`${namespace}/${plural}`)) {
      throw new KubeApiError(`list ${plural}: ${status}`, { status, reason: '', causes: [] })
    }
    return { items: [] } as never
  }
  const write = ({ namespaces: back = [] }: { namespaces?: readonly string[] }, message: string): void =>
    void log.push([message, ...back].join(' '))
  const access = new NamespaceAccess({ log: { info: write, warn: write } as never, clock, random: () => 0.5 })
  const query = {
    client: { list } as unknown as Pick<KubeClient, 'list'>,
    config: { watchNamespaces: namespaces, crossNamespaceSecretStore },
  }
  const stop = new AbortController()
  let returns = 0
  return {
    clock,
    denied,
    requests,
    log,
    stop,
    access,
    mostOpen: () => mostOpen,
    returns: () => returns,
    permitted: () => access.permitted(query, stop.signal),
    awaitReturn: () => access.awaitReturn(query, () => void (returns += 1), stop.signal),
    /** Starts a run while 403s persist. */
    run: async (): Promise<readonly string[]> => {
      const permitted = access.permitted(query, stop.signal)
      await clock.advance(40_000)
      return permitted
    },
  }
}

const MESSAGE =
  'Namespace b is left out: the operator may not list secrets there; restore its Role and RoleBinding, or remove the namespace from --watch-namespaces'
const BACK = 'Permissions in namespaces are back; restarting all caches'

describe('NamespaceAccess', () => {
  it.each([[[]], [['a']], [['a', 'a']]])('asks nothing for %j, which have no neighbours', async (namespaces) => {
    const { permitted, requests } = start(namespaces)
    expect(await permitted()).toEqual([...new Set(namespaces)])
    expect(requests).toEqual([])
  })

  it.each([
    [false, ['a/externalsecrets', 'a/secrets', 'a/secretstores']],
    [true, ['a/externalsecrets', 'a/secrets']],
  ])('lists what the caches list in a namespace, with stores of all namespaces: %s', async (cross, expected) => {
    const { permitted, requests } = start(['a', 'b'], { crossNamespaceSecretStore: cross })
    expect(await permitted()).toEqual(['a', 'b'])
    expect(requests.filter((request) => request.startsWith('a/')).toSorted()).toEqual(expected)
    expect(requests).toHaveLength(2 * expected.length)
  })

  it('leaves a forbidden namespace out, with one line', async () => {
    const { run, denied, log, access, requests } = start(['a', 'b', 'c'])
    denied.add('b/secrets')
    expect(await run()).toEqual(['a', 'c'])
    expect(await run()).toEqual(['a', 'c'])
    expect(access.leftOut).toEqual(['b'])
    // Once in each run, because only a 403 may change soon.
    expect(requests.filter((request) => request === 'a/secrets')).toHaveLength(2)
    expect(log).toEqual([MESSAGE])
  })

  it('waits for permissions that a starting API server does not know yet', async () => {
    const { permitted, denied, clock, log } = start(['a', 'b'])
    denied.add('b/secrets')
    const asked = permitted()
    await clock.advance(20_000)
    denied.clear()
    await clock.advance(10_000)
    expect(await asked).toEqual(['a', 'b'])
    expect(log).toEqual([])
  })

  it.each([404, 401, 503])('watches a namespace after a %i, as its cache retries', async (status) => {
    const { run, denied } = start(['a', 'b'], { status })
    denied.add('b/secrets')
    expect(await run()).toEqual(['a', 'b'])
  })

  it('watches all namespaces if none is permitted, and restarts no caches that sync by themselves', async () => {
    const { run, denied, awaitReturn, clock, returns, access } = start(['a', 'b'])
    for (const namespace of ['a', 'b']) denied.add(`${namespace}/secrets`)
    expect(await run()).toEqual(['a', 'b'])
    const waiting = awaitReturn()
    denied.clear()
    await clock.advance(60_000)
    await waiting
    expect([returns(), access.leftOut]).toEqual([0, []])
  })

  it('limits the concurrent requests', async () => {
    const { permitted, mostOpen, requests } = start(Array.from({ length: 64 }, (_, index) => `n${index}`))
    await permitted()
    expect(requests).toHaveLength(3 * 64)
    expect(mostOpen()).toBeLessThanOrEqual(8)
  })

  it('takes namespaces back at once the first time, and then once in ten minutes', async () => {
    const { run, denied, awaitReturn, clock, returns, log } = start(['a', 'b', 'c'])
    denied.add('b/secrets')
    await run()
    const first = awaitReturn()
    await clock.advance(120_000)
    expect(returns()).toBe(0)
    denied.clear()
    await clock.advance(60_000)
    await first
    expect(returns()).toBe(1)
    denied.add('b/secrets')
    await run()
    denied.clear()
    const second = awaitReturn()
    await clock.advance(500_000)
    expect(returns()).toBe(1)
    await clock.advance(120_000)
    await second
    expect(returns()).toBe(2)
    expect(log).toEqual([MESSAGE, `${BACK} b`, `${BACK} b`])
  })

  it('ends with its run', async () => {
    const { run, denied, awaitReturn, stop, clock, requests, returns } = start(['a', 'b'])
    denied.add('b/secrets')
    await run()
    const waiting = awaitReturn()
    denied.clear()
    const before = requests.length
    stop.abort()
    await clock.advance(60_000)
    await waiting
    expect([returns(), requests.length]).toEqual([0, before])
  })
})
