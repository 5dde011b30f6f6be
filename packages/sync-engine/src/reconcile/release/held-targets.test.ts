import type { SecretWriter } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { digester, OWNER, recordOf } from '../../testing/fixtures.ts'
import { heldTargets } from './held-targets.ts'

const { signal } = new AbortController()
const resource = { namespace: 'default', name: OWNER.name }
const record = recordOf({}, { creation: 'owner', deletion: 'delete' })

/** A writer that has these targets, each of the owner with that name. */
async function writerWith(owners: Readonly<Record<string, string>>, options: { readonly isCached: boolean }) {
  const writer = new MemoryWriter(digester, options)
  for (const [name, owner] of Object.entries(owners)) {
    const target = { namespace: 'default', name }
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await writer.apply({
      kind: 'create',
      target,
      owner: { ...OWNER, name: owner },
      record,
      type: 'Opaque',
      set: new Map(),
    })
  }
  const observed: string[] = []
  const reader: Pick<SecretWriter, 'ownedBy' | 'targetsOf' | 'observe'> = {
    ownedBy: (namespace, name) => writer.ownedBy(namespace, name),
    // As by owner references, which another user can set.
    targetsOf: (namespace) => Object.keys(owners).map((name) => ({ namespace, name })),
    observe: (target) => {
      observed.push(target.name)
      return writer.observe(target)
    },
  }
  return { reader, observed }
}

const owners = { wanted: OWNER.name, old: OWNER.name, theirs: 'other' }

it.each([
  ['cached', true, ['theirs']],
  ['not cached', false, ['old', 'theirs']],
] as const)('finds the targets of an owner if records are %s', async (_state, isCached, reads) => {
  const { reader, observed } = await writerWith(owners, { isCached })
  const held = await heldTargets(reader, resource, signal, 'wanted')
  expect([held.map(({ target }) => target.name), observed]).toEqual([['old'], reads])
})

it('observes a limited number of targets', async () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`forged-${at}`, 'other']))
  const { reader, observed } = await writerWith(many, { isCached: false })
  expect([await heldTargets(reader, resource, signal), observed.length]).toEqual([[], 16])
})
