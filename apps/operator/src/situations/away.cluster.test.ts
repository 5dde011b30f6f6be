import { AWAY } from './away.ts'
import { awayPlays } from './away.plays.ts'
import { playTables } from './play-table.ts'

playTables([[AWAY, awayPlays]], { inOrder: true })
