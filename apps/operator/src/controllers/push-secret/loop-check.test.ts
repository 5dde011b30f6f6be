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

/** Checks a push of `shop/web` from the Secret `web`, with the writers that the watch knows and those that the Secret names. */
async function check(watched: readonly string[], objects: readonly KubeObject[], recorded: readonly string[] = []) {
  const selectors: unknown[] = []
  const list = async (_path: string, { query }: { query: Record<string, string> }) => {
    selectors.push(query['fieldSelector'])
    const name = query['fieldSelector']?.split('=')[1]
    return { metadata: {}, items: objects.filter(({ metadata }) => name === undefined || metadata.name === name) }
  }
  const loops = new LoopCheck({
    client: { list: list as unknown as KubeClient['list'] },
    domainOf: () => 'kms/cn-hangzhou/access-key x',
    writersOf: (secret) => (secret === 'shop/web' ? watched.map((name) => `shop/${name}`) : []),
  })
  const parsed = parsePushSecret(RAW)
  if (!parsed.ok) throw parsed.error
  const loop = await loops.check(toCachedPushSecret(RAW), parsed.resource, recorded, signal)
  return { selectors, message: loop('shop/web')?.message }
}

it('makes no call for a Secret that no ExternalSecret writes', async () =>
  expect(await check([], [writer('other', 'shop/web')])).toEqual({ selectors: [], message: undefined }))

it.each([
  ['that no watch has delivered', [], ['metadata.name=second']],
  ['after another one', ['first'], ['metadata.name=second', 'metadata.name=first']],
])('learns from the Secret of an ExternalSecret %s', async (_case, watched, expected) => {
  const objects = [writer('first', 'shop/else'), writer('second', 'shop/web')]
  const { selectors, message } = await check(watched, objects, ['second'])
  expect([selectors, message]).toEqual([expected, expect.stringContaining('ExternalSecret second writes')])
})

it('reads only the ExternalSecrets that write the Secret, with the permission of the watch', async () => {
  const objects = [writer('web', 'shop/web'), writer('unrelated', 'shop/web')]
  const { selectors, message } = await check(['gone', 'web'], objects)
  expect(selectors).toEqual(['metadata.name=gone', 'metadata.name=web'])
  expect(message).toContain('ExternalSecret web writes Secret web from it')
  expect((await check(['web'], [writer('web', 'shop/else')])).message).toBeUndefined()
})

it.each([undefined, null, {}, { name: null }, { name: '' }])(
  'finds an ExternalSecret with the name of the Secret and the target %j',
  async (target) => {
    const web = writer('web', 'shop/web')
    const { message } = await check([], [{ ...web, spec: { ...(web.spec as object), target } }], ['web'])
    expect(message).toContain('ExternalSecret web writes Secret web from it')
  },
)

it('lists the namespace once if many ExternalSecrets write the Secret', async () => {
  const names = Array.from({ length: 5 }, (_, index) => `web-${index}`)
  const { selectors, message } = await check(
    names,
    names.map((name) => writer(name, 'shop/web')),
  )
  expect([selectors, message]).toEqual([[undefined], expect.stringContaining('ExternalSecret web-0 writes')])
})

it('parses only the ExternalSecrets that write the Secret', async () => {
  const unread = {
    get data(): never[] {
      throw new Error('was parsed')
    },
    target: { name: 'else' },
  }
  const others = [{ metadata: { namespace: 'shop', name: 'else' }, spec: unread }]
  const names = Array.from({ length: 5 }, (_, index) => `web-${index}`)
  const { message } = await check(names, [...others, ...names.map((name) => writer(name, 'shop/web'))])
  expect(message).toContain('ExternalSecret web-0 writes')
})
