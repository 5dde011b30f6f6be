import fc from 'fast-check'
import { expect, it } from 'vitest'
import { foundExternalSecretOf } from './found-external-secret.ts'
import { FoundExternalSecrets } from './found-external-secrets.ts'

const by = (uid: string): object => ({
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'ClusterExternalSecret',
  name: uid,
  uid,
})
const found = (name: string, maker: string | undefined) =>
  foundExternalSecretOf({
    metadata: { name, ownerReferences: maker === undefined ? [] : [by(maker)] } as never,
    spec: {},
  })

it('knows at any time who made what, as a list of all would', () => {
  const change = fc.record({
    namespace: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y', 'z'),
    state: fc.constantFrom('gone', 'nobody', 'one', 'two'),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const index = new FoundExternalSecrets()
      const model = new Map<string, string>()
      for (const { namespace, name, state } of changes) {
        const key = `${namespace}/${name}`
        if (state === 'gone') model.delete(key)
        else model.set(key, state)
        index.set(namespace, name, state === 'gone' ? undefined : found(name, state === 'nobody' ? undefined : state))
      }
      for (const namespace of ['a', 'b']) {
        for (const makerUid of ['one', 'two']) {
          const made = [...model].filter(([key, state]) => key.startsWith(`${namespace}/`) && state === makerUid)
          expect(index.hasMade(makerUid, namespace)).toBe(made.length > 0)
          const expected = new Set(made.map(([key]) => key.slice(2)))
          if (model.has(`${namespace}/x`)) expected.add('x')
          const names = index.view(namespace, { makerUid, name: 'x' }).map(({ name }) => name)
          expect(names.toSorted()).toEqual([...expected].toSorted())
        }
      }
    }),
  )
})

it.each([
  ['a maker', [{ ...by('us'), controller: true }], {}, 'ClusterExternalSecret us owns it'],
  [
    'a controller',
    [
      { kind: 'Any', name: 'a', uid: '1' },
      { kind: 'App', name: 'b', uid: '2', controller: true },
    ],
    {},
    'App b owns it',
  ],
  ['a tool', [], { 'app.kubernetes.io/managed-by': 'Helm' }, 'Helm manages it'],
  ['nobody', [], {}, 'nobody owns it'],
])('says whose it is: %s', (_who, ownerReferences, labels, holder) => {
  const metadata = {
    name: 'a',
    ownerReferences: ownerReferences.map((each) => ({ apiVersion: 'v1', ...each })),
    labels,
  }
  expect(foundExternalSecretOf({ metadata, spec: {} } as never).holder).toBe(holder)
})

it('is the same object as long as nothing that matters has changed', () => {
  const raw = {
    metadata: { name: 'a', resourceVersion: '1', ownerReferences: [by('us')] },
    spec: { a: 1, b: 2 },
    status: {},
  }
  const before = foundExternalSecretOf(raw as never)
  const after = { ...raw, metadata: { ...raw.metadata, resourceVersion: '2' }, spec: { b: 2, a: 1 }, status: { x: 1 } }
  expect(foundExternalSecretOf(after as never, before)).toBe(before)
  expect(foundExternalSecretOf({ ...after, spec: { a: 1 } } as never, before)).not.toBe(before)
})
