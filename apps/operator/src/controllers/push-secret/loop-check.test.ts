import type { KubeClient, KubeObject } from '@ack-secret-manager/k8s-client'
import { parsePushSecret } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { toCachedPushSecret } from './cached-push-secret.ts'
import { LoopCheck } from './loop-check.ts'

const { signal } = new AbortController()
const API = { apiVersion: 'alibabacloud.com/v1alpha1' }
const secretStoreRef = { name: 'kms' }
const RAW = {
  ...API,
  kind: 'PushSecret',
  metadata: { namespace: 'shop', name: 'push', uid: 'uid' },
  spec: { secretStoreRef, selector: { name: 'web' }, data: [{ key: 'shop/web' }] },
}

const writer = (name: string, key: string): KubeObject => ({
  metadata: { namespace: 'shop', name },
  spec: { data: [{ key, name: 'value', secretStoreRef }], target: { name: 'web' } },
})

/** Checks a push of `shop/web` from the Secret `web`. */
async function check(written: readonly string[], objects: readonly KubeObject[]) {
  const selectors: unknown[] = []
  const list = async (_path: string, { query }: { query: Record<string, string> }) => {
    selectors.push(query['fieldSelector'])
    const name = query['fieldSelector']?.split('=')[1]
    return { metadata: {}, items: objects.filter(({ metadata }) => name === undefined || metadata.name === name) }
  }
  const loops = new LoopCheck({
    client: { list: list as unknown as KubeClient['list'] },
    domainOf: () => 'kms/cn-hangzhou/access-key x',
    writersOf: (secret) => (secret === 'shop/web' ? written.map((name) => `shop/${name}`) : []),
  })
  const parsed = parsePushSecret(RAW)
  if (!parsed.ok) throw parsed.error
  const loop = await loops.check(toCachedPushSecret(RAW), parsed.resource, signal)
  return { selectors, message: loop('shop/web')?.message }
}

it('lists the namespace if no ExternalSecret is known that writes it, because the watch may be late', async () => {
  const { selectors, message } = await check([], [writer('new', 'shop/web')])
  expect([selectors, message]).toEqual([[undefined], expect.stringContaining('ExternalSecret new writes')])
})

it('reads only those that write it, with the permission of the watch', async () => {
  const objects = [writer('web', 'shop/web'), writer('unrelated', 'shop/web')]
  const { selectors, message } = await check(['gone', 'web'], objects)
  expect(selectors).toEqual(['metadata.name=gone', 'metadata.name=web'])
  expect(message).toContain('ExternalSecret web writes Secret web from it')
  expect((await check(['web'], [writer('web', 'shop/else')])).message).toBeUndefined()
})

it('lists the namespace once for many that write it', async () => {
  const names = Array.from({ length: 5 }, (_, index) => `web-${index}`)
  const { selectors, message } = await check(
    names,
    names.map((name) => writer(name, 'shop/web')),
  )
  expect([selectors, message]).toEqual([[undefined], expect.stringContaining('ExternalSecret web-0 writes')])
})
