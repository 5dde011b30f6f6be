import { expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'

it('notifies the observer of each synced and of each deleted resource', async () => {
  const reported: string[] = []
  const { clock, engine, upsert } = engineFixture(
    { db: 'one' },
    {
      observer: {
        synced: (key, outcome) => reported.push(`${key} ${outcome.kind}`),
        removed: (key) => reported.push(`${key} removed`),
      },
    },
  )
  upsert({ data: [{ key: 'db', name: 'db' }] })
  await clock.advance(0)
  engine.remove('default/web')
  await clock.advance(0)
  await engine.close()
  expect(reported).toEqual(['default/web synced', 'default/web removed'])
})
