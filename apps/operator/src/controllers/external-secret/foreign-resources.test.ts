import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError, type KubeCallOptions, type KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { CacheEntry } from './cache-entry.ts'
import { ForeignResources } from './foreign-resources.ts'

it('reads urgent resources at once, also while others wait for the pause after an earlier read', async () => {
  const clock = new ManualClock()
  const entries = new Map<string, CacheEntry>()
  const found: string[] = []
  const list = async (_path: string, { query }: KubeCallOptions) => {
    const name = String(query?.['fieldSelector']).slice('metadata.name='.length)
    return { metadata: {}, items: [{ metadata: { namespace: 'shop', name } }] }
  }
  const foreign = new ForeignResources({
    client: { list: list as unknown as KubeClient['list'] },
    path: '/apis/alibabacloud.com/v1alpha1/externalsecrets',
    entries: () => entries,
    isOwned: () => true,
    load: ({ metadata: { name = '' } }) => {
      found.push(name)
      entries.delete(`shop/${name}`)
    },
    onError: () => undefined,
    clock,
  })
  const { signal } = new AbortController()
  const take = (name: string, isUrgent: boolean): Promise<void> => {
    entries.set(`shop/${name}`, { spec: undefined } as CacheEntry)
    return foreign.load(signal, { isUrgent })
  }
  await take('first', false)
  const waiting = take('second', false)
  await clock.advance(0)
  expect(found).toEqual(['first'])
  const urgent = take('third', true)
  await clock.advance(0)
  expect(found).toEqual(['first', 'second', 'third'])
  await Promise.all([waiting, urgent])
})

it.each([
  ['a few resources', 3],
  ['many resources', 30],
])('takes over %s of the other namespaces although one is forbidden, which it tries again', async (_what, count) => {
  const clock = new ManualClock()
  const entries = new Map<string, CacheEntry>()
  const errors: string[] = []
  const denied = new Set(['b'])
  let duringTry = (): void => undefined
  const list = async (path: string, { query = {} }: KubeCallOptions) => {
    const [, namespace = ''] = /namespaces\/([^/]+)\//.exec(path) ?? []
    if (denied.has(namespace)) {
      duringTry()
      duringTry = () => undefined
      throw new KubeApiError(`list externalsecrets ${namespace}: 403`, { status: 403, reason: '', causes: [] })
    }
    const { fieldSelector } = query
    const keys = [...entries.keys()].filter((key) => key.startsWith(`${namespace}/`))
    const names = fieldSelector === undefined ? keys.map((key) => key.slice(2)) : [String(fieldSelector).split('=')[1]]
    return { metadata: {}, items: names.map((name) => ({ metadata: { namespace, name } })) }
  }
  const foreign = new ForeignResources({
    client: { list: list as unknown as KubeClient['list'] },
    path: '/apis/alibabacloud.com/v1alpha1/externalsecrets',
    namespaces: ['a', 'b', 'c'],
    entries: () => entries,
    isOwned: () => true,
    load: ({ metadata: { namespace, name = '' } }) => void entries.delete(`${namespace}/${name}`),
    onError: ({ message }) => errors.push(message),
    clock,
  })
  const left = (): readonly string[] => [...new Set([...entries.keys()].map((key) => key.charAt(0)))]
  for (const namespace of ['a', 'b', 'c']) {
    for (let index = 0; index < count; index += 1)
      entries.set(`${namespace}/${index}`, { spec: undefined } as CacheEntry)
  }
  const { signal } = new AbortController()
  // Resolves, because nothing else can be read.
  await foreign.load(signal, { isUrgent: true })
  expect([left(), errors]).toEqual([['b'], ['list externalsecrets b: 403']])
  // A further take-over does not wait for the next try.
  entries.set('c/later', { spec: undefined } as CacheEntry)
  await foreign.load(signal, { isUrgent: true })
  expect(left()).toEqual(['b'])
  // Nor does one that comes during a try.
  const joined = new Promise<void>((resolve) => {
    duringTry = () => {
      entries.set('c/meanwhile', { spec: undefined } as CacheEntry)
      void foreign.load(signal, { isUrgent: true }).then(resolve)
    }
  })
  await foreign.load(signal, { isUrgent: true })
  await joined
  expect(left()).toEqual(['b'])
  // Nor does one that is not urgent, but for the pause after each read, although the pauses between the tries have grown.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0)
  onTestFinished(() => random.mockRestore())
  for (let tries = 0; tries < 12; tries += 1) await clock.advance(30_000)
  entries.set('c/store', { spec: undefined } as CacheEntry)
  const loading = foreign.load(signal, { isUrgent: false })
  await clock.advance(10_000)
  expect(left()).toEqual(['b'])
  await loading
  denied.clear()
  await clock.advance(120_000)
  expect(left()).toEqual([])
})
