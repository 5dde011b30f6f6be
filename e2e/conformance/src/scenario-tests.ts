import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { Scenario } from './scenario.ts'
import { nameOfRow, type ScenarioTable } from './scenario-table.ts'
import { ScenarioFixture, type ScenarioFixtureOptions } from './scenario-fixture.ts'

/** Steps of one scenario, with assertions for everything that its row promises. */
export type Steps = (scenario: Scenario) => Promise<void>

/** Steps for each row of a table, by row id. */
export type ScenarioSteps<Table extends ScenarioTable> = Readonly<Record<keyof Table['rows'], Steps>>

/** Options of {@link testScenarios}. */
export interface ScenarioTestOptions extends Omit<ScenarioFixtureOptions, 'cluster'> {
  /** Run the rows one after the other, because a row disturbs the others. @default false */
  readonly sequential?: boolean
}

/** Longer than all waits of a row, which may be for backoff pauses of half a minute on a loaded machine. */
const ROW_TIMEOUT_MS = 600_000

/** Registers a test for every row of these tables. They share a fixture with one operator, so row ids must be unique. */
export function testScenarios(
  tables: readonly (readonly [ScenarioTable, Readonly<Record<string, Steps>>])[],
  { sequential = false, ...options }: ScenarioTestOptions = {},
): void {
  describeCluster('scenarios', { concurrent: !sequential }, () => {
    const cluster = useCluster()
    let fixture: ScenarioFixture
    const green = new Map<ScenarioTable, number>()
    beforeAll(async () => {
      fixture = await ScenarioFixture.open({ ...options, cluster })
    }, ROW_TIMEOUT_MS)
    afterAll(async () => {
      for (const [table] of tables) {
        const rows = Object.keys(table.rows).length
        console.log(`scenarios: ${table.title}: ${rows} rows, ${green.get(table) ?? 0} green`)
      }
      await fixture?.[Symbol.asyncDispose]()
    })
    // Not `$title`, which vitest would shorten.
    describe.each(tables.map(([table, steps]) => [table.title, table, steps] as const))(
      '%s',
      (_title, table, steps) => {
        const rows = Object.keys(table.rows).map((id) => [nameOfRow(table, id), id] as const)
        const run = async (_name: string, id: string): Promise<void> => {
          await stepsOf(steps, id)(new Scenario(fixture, id))
          green.set(table, (green.get(table) ?? 0) + 1)
        }
        it.each(rows)('%s', run, ROW_TIMEOUT_MS)
      },
    )
  })
}

function stepsOf(steps: Readonly<Record<string, Steps>>, id: string): Steps {
  const found = steps[id]
  if (found === undefined) throw new Error(`row ${id} has no steps`)
  return found
}
