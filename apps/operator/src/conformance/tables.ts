import { OPERATOR_DOWNTIME } from './scenarios/operator-downtime.ts'
import { DELETION } from './scenarios/deletion.ts'
import { DIFFERENCES } from './scenarios/differences.ts'
import { KEYS_FAIL } from './scenarios/keys-fail.ts'
import { LIFECYCLE } from './scenarios/lifecycle.ts'
import { EXTERNAL_EDITS } from './scenarios/external-edits.ts'
import { OWNERSHIP } from './scenarios/ownership.ts'
import type { ScenarioTable } from './scenario-table.ts'
import { SOURCES_FAIL } from './scenarios/sources-fail.ts'
import { STORES_FAIL } from './scenarios/stores-fail.ts'
import { TEMPLATES } from './scenarios/templates.ts'
import { VALUES_CHANGE } from './scenarios/values-change.ts'
import { WITHOUT_POLLING } from './scenarios/without-polling.ts'
import { INVALID_CONTENT } from './scenarios/invalid-content.ts'

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
