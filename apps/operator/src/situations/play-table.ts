import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { Situation } from './situation.ts'
import { nameOfRow, type SituationTable } from './situation-table.ts'
import { Stage, type StageOptions } from './stage.ts'

/** Brings a situation about, and asserts what its row promises. */
export type Play = (situation: Situation) => Promise<void>

/** One for each row of a table, by its id. */
export type Plays<Table extends SituationTable> = Readonly<Record<keyof Table['rows'], Play>>

/** How tables are played. */
export interface PlayOptions extends Omit<StageOptions, 'place'> {
  /** One row after the other, where a row disturbs all that goes on beside it. @default false: side by side */
  readonly inOrder?: boolean
}

/** A row may wait for pauses of half a minute, on a machine that does much else. */
const ROW_TIMEOUT_MS = 240_000

/** Makes a test of every row of these tables. They share a stage with one operator: no two rows may have the same id. */
export function playTables(
  tables: readonly (readonly [SituationTable, Readonly<Record<string, Play>>])[],
  { inOrder = false, ...options }: PlayOptions = {},
): void {
  describeCluster('situations', { concurrent: !inOrder }, () => {
    const place = useCluster()
    let stage: Stage
    const green = new Map<SituationTable, number>()
    beforeAll(async () => {
      stage = await Stage.open({ ...options, place })
    }, ROW_TIMEOUT_MS)
    afterAll(async () => {
      for (const [table] of tables) {
        const rows = Object.keys(table.rows).length
        console.log(`situations: ${table.title}: ${rows} rows, ${green.get(table) ?? 0} green`)
      }
      await stage?.[Symbol.asyncDispose]()
    })
    // Not `$title`, which vitest would shorten.
    describe.each(tables.map(([table, plays]) => [table.title, table, plays] as const))(
      '%s',
      (_title, table, plays) => {
        const rows = Object.keys(table.rows).map((id) => [nameOfRow(table, id), id] as const)
        const play = async (_name: string, id: string): Promise<void> => {
          await playOf(plays, id)(new Situation(stage, id))
          green.set(table, (green.get(table) ?? 0) + 1)
        }
        it.each(rows)('%s', play, ROW_TIMEOUT_MS)
      },
    )
  })
}

function playOf(plays: Readonly<Record<string, Play>>, id: string): Play {
  const play = plays[id]
  if (play === undefined) throw new Error(`row ${id} has no play`)
  return play
}
