import { AWAY } from './away.ts'
import { DELETION } from './deletion.ts'
import { DIFFERENCES } from './differences.ts'
import { KEYS_FAIL } from './keys-fail.ts'
import { LIFE } from './life.ts'
import { OUTSIDE } from './outside.ts'
import { OWNERSHIP } from './ownership.ts'
import type { SituationTable } from './situation-table.ts'
import { SOURCES_FAIL } from './sources-fail.ts'
import { STORES_FAIL } from './stores-fail.ts'
import { TEMPLATES } from './templates.ts'
import { VALUES_MOVE } from './values-move.ts'
import { WITHOUT_POLLING } from './without-polling.ts'
import { WRONG_CONTENT } from './wrong-content.ts'

/** All tables in the order of the page, by the name of their files. */
export const TABLES: Readonly<Record<string, SituationTable>> = {
  'values-move': VALUES_MOVE,
  'sources-fail': SOURCES_FAIL,
  'keys-fail': KEYS_FAIL,
  'stores-fail': STORES_FAIL,
  'wrong-content': WRONG_CONTENT,
  templates: TEMPLATES,
  outside: OUTSIDE,
  life: LIFE,
  'without-polling': WITHOUT_POLLING,
  ownership: OWNERSHIP,
  deletion: DELETION,
  away: AWAY,
  differences: DIFFERENCES,
}
