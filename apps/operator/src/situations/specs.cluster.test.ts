import { INSTANCE_SEED, roleSeed } from './own-store.ts'
import { playTables } from './play-table.ts'
import { STORES_FAIL } from './stores-fail.ts'
import { storesFailPlays } from './stores-fail.plays.ts'
import { WRONG_CONTENT } from './wrong-content.ts'
import { wrongContentPlays } from './wrong-content.plays.ts'

const tables = [
  [STORES_FAIL, storesFailPlays],
  [WRONG_CONTENT, wrongContentPlays],
] as const
const roles = ['session-over', 'session-refused'].map(roleSeed)

// Half of the workers are for one namespace, and no row waits for one: that a session is over is told before it is renewed.
const args = ['--polling-interval=1s', '--concurrency=64']

playTables(tables, { args, seed: { roles, instances: [INSTANCE_SEED] } })
