import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toCachedExternalSecret } from './cached-external-secret.ts'
import { ExternalSecretIndex } from './external-secret-index.ts'

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
const cached = (namespace: string, name: string, owner: string | undefined) =>
  toCachedExternalSecret({
    metadata: made(namespace, name, ...(owner === undefined ? [] : [by(owner)])),
    spec: {},
  } as never)

it('matches a full scan after any sequence of changes', () => {
  const change = fc.record({
    namespace: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y', 'z'),
    state: fc.constantFrom('gone', 'unowned', 'one', 'two'),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const index = new ExternalSecretIndex()
      const model = new Map<string, string>()
      for (const { namespace, name, state } of changes) {
        const key = `${namespace}/${name}`
        if (state === 'gone') model.delete(key)
        else model.set(key, state)
        const owner = state === 'unowned' ? undefined : state
        index.set(key, state === 'gone' ? undefined : cached(namespace, name, owner))
      }
      for (const namespace of ['a', 'b']) {
        for (const ownerUid of ['one', 'two']) {
          const owners = [...model].filter(([key, state]) => key.startsWith(`${namespace}/`) && state === ownerUid)
          expect(index.ownsAnyIn(ownerUid, namespace)).toBe(owners.length > 0)
          const expected = new Set(owners.map(([key]) => key.slice(2)))
          if (model.has(`${namespace}/x`)) expected.add('x')
          const names = index.view(namespace, { ownerUid, name: 'x' }).map(({ name }) => name)
          expect(names.toSorted()).toEqual([...expected].toSorted())
        }
      }
    }),
  )
})

it.each([
  ['a ClusterExternalSecret', [by('us')], {}, 'ClusterExternalSecret us owns it'],
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
  ['no owner', [], {}, 'it has no owner'],
])('names the owner: %s', (_who, ownerReferences, labels, ownerText) => {
  const references = ownerReferences.map((each) => ({ apiVersion: 'v1', ...each }))
  const metadata = { ...made('n', 'a', ...references), labels }
  expect(toCachedExternalSecret({ metadata, spec: {} } as never).ownerText).toBe(ownerText)
})

it.each([
  ['a copy under another name', { ...made('n', 'a', by('us')), name: 'b' }],
  ['a copy in another namespace', { ...made('n', 'a', by('us')), namespace: 'm' }],
  ['one with another controller', made('n', 'a', { ...by('us'), controller: false })],
])('was not created by the ClusterExternalSecret that it refers to: %s', (_which, metadata) =>
  expect(toCachedExternalSecret({ metadata, spec: {} } as never)).toMatchObject({
    ownerUid: undefined,
    ownerText: 'it names ClusterExternalSecret us as its owner, which did not create it',
  }),
)

it('is owned without the annotation, as objects of the Go operator are', () => {
  const { annotations: _mark, ...metadata } = made('n', 'a', by('us'))
  expect(toCachedExternalSecret({ metadata, spec: {} } as never)).toMatchObject({ ownerUid: 'us', createdHere: false })
})

it('stays the same object until a relevant field changes', () => {
  const raw = {
    metadata: { ...made('n', 'a', by('us')), resourceVersion: '1' },
    spec: { a: 1, b: 2 },
    status: {},
  }
  const before = toCachedExternalSecret(raw as never)
  const after = { ...raw, metadata: { ...raw.metadata, resourceVersion: '2' }, spec: { b: 2, a: 1 }, status: { x: 1 } }
  expect(toCachedExternalSecret(after as never, before)).toBe(before)
  expect(toCachedExternalSecret({ ...after, spec: { a: 1 } } as never, before)).not.toBe(before)
})

it.each<[string, object, object | undefined, string]>([
  ['no policy', {}, { observedGeneration: 2 }, 'unset'],
  ['Delete', { deletionPolicy: 'Delete' }, { observedGeneration: 2 }, 'unset'],
  ['Retain without a status', { deletionPolicy: 'Retain' }, undefined, 'pending'],
  ['Retain since the last status', { deletionPolicy: 'Retain' }, { observedGeneration: 1 }, 'pending'],
  ['Retain and a status', { deletionPolicy: 'Retain' }, { observedGeneration: 2 }, 'recorded'],
  [
    'Retain and a Secret that cannot be written',
    { deletionPolicy: 'Retain' },
    { observedGeneration: 2, conditions: [{ type: 'Ready', status: 'False', reason: 'WriteFailed' }] },
    'pending',
  ],
])('knows whether a Secret outlives an ExternalSecret with %s', (_what, target, status, retention) => {
  const raw = { metadata: { ...made('a', 'x', by('us')), generation: 2 }, spec: { target }, status }
  expect(toCachedExternalSecret(raw as never).retention).toBe(retention)
})
