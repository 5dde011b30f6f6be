import type { TargetAction } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { digester, OWNER, recordOf, resourceOf, specOf, TARGET } from '../../testing/fixtures.ts'
import { retainTarget } from './retain-target.ts'

const { signal } = new AbortController()
const spec = specOf({ data: [{ key: 'db', name: 'password' }], target: { deletionPolicy: 'Retain' } })
const create = (name: string): TargetAction => ({
  kind: 'create',
  target: TARGET,
  owner: { ...OWNER, name },
  record: recordOf({}, { creation: 'owner', deletion: 'delete' }),
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
