import { expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { propertyRuns } from './testing/property-runs.ts'

/** With each change 30, in a nightly run 60. */
const DOCUMENTS = Math.min(60, propertyRuns(120))
const NAMES = Array.from({ length: DOCUMENTS }, (_, index) => `hostile-${index}`)
/** YAML that is slow to parse and invalid at its end. */
const HOSTILE = `${'- 1\n'.repeat(1_000)}]`

it('syncs a neighbour while one resource parses many slow documents', async () => {
  const reported: string[] = []
  let turns = 0
  const { promise: done, resolve: finish } = Promise.withResolvers<void>()
  const values = Object.fromEntries([...NAMES.map((name) => [name, HOSTILE]), ['app', 'one']])
  const { upsert } = engineFixture(values, {
    reporter: {
      writeStatus: async ({ namespace }, { conditions }) => {
        reported.push(`${namespace} ${conditions[0]?.reason}`)
        if (namespace === 'hostile') finish()
      },
    },
  })
  upsert({ dataProcess: NAMES.map((key) => ({ extract: { key } })) }, { namespace: 'hostile', uid: 'hostile' })
  const count = (): void => {
    turns += 1
    // The neighbour arrives while documents are being parsed.
    if (turns === 5) upsert({ data: [{ key: 'app', name: 'password' }] }, { namespace: 'neighbour', uid: 'neighbour' })
    if (reported.length < 2) setImmediate(count)
  }
  setImmediate(count)
  await done
  expect(reported).toEqual(['neighbour Synced', 'hostile NotADocument'])
  expect(turns).toBeGreaterThanOrEqual(DOCUMENTS)
})
