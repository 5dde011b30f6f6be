import type { OwnerRecord, TargetAction } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { digester, OWNER, recordOf, resourceOf, specOf, TARGET } from '../../testing/fixtures.ts'
import { resourceKey } from '../../model/resource.ts'
import { DeletedResources, retainTarget } from './retain-target.ts'

const { signal } = new AbortController()
const spec = specOf({ data: [{ key: 'db', name: 'password' }], target: { deletionPolicy: 'Retain' } })
const create = (name: string, deletion: OwnerRecord['deletion'] = 'delete'): TargetAction => ({
  kind: 'create',
  target: TARGET,
  owner: { ...OWNER, name },
  record: recordOf({}, { creation: 'owner', deletion }),
  type: 'Opaque',
  set: new Map(),
})

it.each([
  ['retains a target whose records are not cached', 'web', 'retain'],
  ['leaves the target of another resource', 'other', 'delete'],
])('%s', async (_rule, owner, deletion) => {
  const writer = new MemoryWriter(digester)
  await writer.apply(create(owner))
  const withStub = Object.assign(Object.create(writer) as MemoryWriter, {
    ownedBy: () => [],
    apply: (action: TargetAction) => writer.apply(action),
    observe: () => writer.observe(TARGET),
  })
  await retainTarget(withStub, resourceOf(spec), signal)
  expect((await writer.observe(TARGET))?.records.get(owner)?.deletion).toBe(deletion)
})

it.each([
  ['whose records are not cached', undefined, true],
  ['that still has the policy Delete', 'delete', true],
  ['that has Retain already', 'retain', false],
] as const)('remembers a deleted resource with a target %s: %s', async (_rule, deletion, isRemembered) => {
  const writer = new MemoryWriter(digester)
  if (deletion) await writer.apply(create('web', deletion))
  const deleted = new DeletedResources()
  const resource = resourceOf(spec)
  const key = resourceKey(resource)
  deleted.add(resource, writer)
  expect(deleted.get(key)).toEqual({ reason: 'deleted', last: isRemembered ? resource : undefined })
  deleted.delete(key)
  expect(deleted.get(key)).toEqual({ reason: 'absent', last: undefined })
})
