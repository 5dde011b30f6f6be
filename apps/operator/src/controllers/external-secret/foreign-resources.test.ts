import { ManualClock } from '@ack-secret-manager/core/testing'
import type { KubeCallOptions, KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
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
