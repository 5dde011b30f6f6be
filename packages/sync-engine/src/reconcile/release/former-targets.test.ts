import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { digester, OWNER, recordOf, resourceOf, specOf } from '../../testing/fixtures.ts'
import { formerTargets } from './former-targets.ts'

const { signal } = new AbortController()
const spec = specOf({ data: [{ key: 'db', name: 'password' }] })
const lastTarget = (name: string) =>
  resourceOf(spec, {
    status: { conditions: [], dataSyncResults: [], secrets: [], target: { name, uid: 'u', keyCount: 1 } },
  })

it.each([
  ['a former target that is cached', ['web', 'old'], 'old', true, ['old'], 0],
  ['one without cached records that the status names', ['web', 'old'], 'old', false, ['old'], 1],
  ['none if the status names the wanted target', ['web'], 'web', false, [], 0],
  ['none if the last target is released', ['web'], 'old', false, [], 1],
  ['none without a status', ['web', 'old'], undefined, false, [], 0],
] as const)('finds %s', async (_what, names, last, isCached, expected, reads) => {
  const writer = new MemoryWriter(digester)
  for (const name of names) {
    const record = recordOf({}, { creation: 'owner', deletion: 'delete' })
    const target = { namespace: 'default', name }
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await writer.apply({ kind: 'create', target, owner: OWNER, record, type: 'Opaque', set: new Map() })
  }
  let observed = 0
  const former = await formerTargets(
    {
      ownedBy: (namespace, name) => (isCached ? writer.ownedBy(namespace, name) : []),
      observe: (target, { fresh }) => {
        // A cache that is behind has no target.
        if (fresh === true) observed += 1
        return writer.observe(target)
      },
    },
    last === undefined ? resourceOf(spec) : lastTarget(last),
    'web',
    signal,
  )
  expect([former.map(({ target }) => target.name), observed]).toEqual([expected, reads])
})

it('leaves a last target that another resource has', async () => {
  const writer = new MemoryWriter(digester)
  const record = recordOf({}, { creation: 'owner', deletion: 'delete' })
  const target = { namespace: 'default', name: 'old' }
  const owner = { ...OWNER, name: 'other' }
  await writer.apply({ kind: 'create', target, owner, record, type: 'Opaque', set: new Map() })
  const reader = { ownedBy: () => [], observe: () => writer.observe(target) }
  expect(await formerTargets(reader, lastTarget('old'), 'web', signal)).toEqual([])
})
