import { DELETION } from './deletion.ts'
import { deletionPlays } from './deletion.plays.ts'
import { DIFFERENCES } from './differences.ts'
import { DIFFERENCES_SEED, differencesPlays } from './differences.plays.ts'
import { OWNERSHIP } from './ownership.ts'
import { ownershipPlays } from './ownership.plays.ts'
import { playTables } from './play-table.ts'

const tables = [
  [OWNERSHIP, ownershipPlays],
  [DELETION, deletionPlays],
  [DIFFERENCES, differencesPlays],
] as const

playTables(tables, { seed: DIFFERENCES_SEED })
