import { KEYS_FAIL } from './keys-fail.ts'
import { keysFailPlays } from './keys-fail.plays.ts'
import { OUTSIDE } from './outside.ts'
import { outsidePlays } from './outside.plays.ts'
import { playTables } from './play-table.ts'
import { SOURCES_FAIL } from './sources-fail.ts'
import { sourcesFailPlays } from './sources-fail.plays.ts'
import { VALUES_MOVE } from './values-move.ts'
import { valuesMovePlays } from './values-move.plays.ts'

playTables([
  [VALUES_MOVE, valuesMovePlays],
  [SOURCES_FAIL, sourcesFailPlays],
  [KEYS_FAIL, keysFailPlays],
  [OUTSIDE, outsidePlays],
])
