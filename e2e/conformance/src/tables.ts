import { OPERATOR_DOWNTIME } from './tables/operator-downtime.ts'
import { DELETION } from './tables/deletion.ts'
import { DIFFERENCES } from './tables/differences.ts'
import { KEYS_FAIL } from './tables/keys-fail.ts'
import { LIFECYCLE } from './tables/lifecycle.ts'
import { EXTERNAL_EDITS } from './tables/external-edits.ts'
import { OWNERSHIP } from './tables/ownership.ts'
import type { ScenarioTable } from './scenario-table.ts'
import { SOURCES_FAIL } from './tables/sources-fail.ts'
import { STORES_FAIL } from './tables/stores-fail.ts'
import { TEMPLATES } from './tables/templates.ts'
import { VALUES_CHANGE } from './tables/values-change.ts'
import { WITHOUT_POLLING } from './tables/without-polling.ts'
import { INVALID_CONTENT } from './tables/invalid-content.ts'

/** All tables in page order, by file name. */
export const TABLES: Readonly<Record<string, ScenarioTable>> = {
  'values-change': VALUES_CHANGE,
  'sources-fail': SOURCES_FAIL,
  'keys-fail': KEYS_FAIL,
  'stores-fail': STORES_FAIL,
  'invalid-content': INVALID_CONTENT,
  templates: TEMPLATES,
  'external-edits': EXTERNAL_EDITS,
  lifecycle: LIFECYCLE,
  'without-polling': WITHOUT_POLLING,
  ownership: OWNERSHIP,
  deletion: DELETION,
  'operator-downtime': OPERATOR_DOWNTIME,
  differences: DIFFERENCES,
}
