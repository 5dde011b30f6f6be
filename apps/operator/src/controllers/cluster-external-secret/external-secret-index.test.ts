import fc from 'fast-check'
import { expect, it } from 'vitest'
import { foundExternalSecretOf } from './cached-external-secret.ts'
import { FoundExternalSecrets } from './external-secret-index.ts'

const by = (uid: string): object => ({
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'ClusterExternalSecret',
  name: uid,
  uid,
  controller: true,
})
const made = (namespace: string, name: string, ...ownerReferences: object[]) => ({
  namespace,
  name,
  ownerReferences,
  annotations: { 'alibabacloud.com/made-as': `${namespace}/${name}` },
})
const found = (namespace: string, name: string, maker: string | undefined) =>
  foundExternalSecretOf({
    metadata: made(namespace, name, ...(maker === undefined ? [] : [by(maker)])),
    spec: {},
  } as never)

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
        const maker = state === 'nobody' ? undefined : state
        index.set(namespace, name, state === 'gone' ? undefined : found(namespace, name, maker))
      }
      for (const namespace of ['a', 'b']) {
        for (const makerUid of ['one', 'two']) {
          const makers = [...model].filter(([key, state]) => key.startsWith(`${namespace}/`) && state === makerUid)
          expect(index.hasMade(makerUid, namespace)).toBe(makers.length > 0)
          const expected = new Set(makers.map(([key]) => key.slice(2)))
          if (model.has(`${namespace}/x`)) expected.add('x')
          const names = index.view(namespace, { makerUid, name: 'x' }).map(({ name }) => name)
          expect(names.toSorted()).toEqual([...expected].toSorted())
        }
      }
    }),
  )
})

it.each([
  ['a maker', [by('us')], {}, 'ClusterExternalSecret us owns it'],
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
  const references = ownerReferences.map((each) => ({ apiVersion: 'v1', ...each }))
  const metadata = { ...made('n', 'a', ...references), labels }
  expect(foundExternalSecretOf({ metadata, spec: {} } as never).holder).toBe(holder)
})

it.each([
  ['a copy under another name', { ...made('n', 'a', by('us')), name: 'b' }],
  ['a copy in another namespace', { ...made('n', 'a', by('us')), namespace: 'm' }],
  ['one whose controller is somebody else', made('n', 'a', { ...by('us'), controller: false })],
])('was not made by the ClusterExternalSecret that it refers to: %s', (_which, metadata) =>
  expect(foundExternalSecretOf({ metadata, spec: {} } as never)).toMatchObject({
    makerUid: undefined,
    holder: 'it names ClusterExternalSecret us as its owner, which did not make it',
  }),
)

it('may have been made by the Go operator, where it has no mark', () => {
  const { annotations: _mark, ...metadata } = made('n', 'a', by('us'))
  expect(foundExternalSecretOf({ metadata, spec: {} } as never)).toMatchObject({ makerUid: 'us', marked: false })
})

it('is the same object as long as nothing that matters has changed', () => {
  const raw = {
    metadata: { ...made('n', 'a', by('us')), resourceVersion: '1' },
    spec: { a: 1, b: 2 },
    status: {},
  }
  const before = foundExternalSecretOf(raw as never)
  const after = { ...raw, metadata: { ...raw.metadata, resourceVersion: '2' }, spec: { b: 2, a: 1 }, status: { x: 1 } }
  expect(foundExternalSecretOf(after as never, before)).toBe(before)
  expect(foundExternalSecretOf({ ...after, spec: { a: 1 } } as never, before)).not.toBe(before)
})
