import { KEYS_FAIL } from './tables/keys-fail.ts'
import { keysFailSteps } from './steps/keys-fail.steps.ts'
import { EXTERNAL_EDITS } from './tables/external-edits.ts'
import { externalEditsSteps } from './steps/external-edits.steps.ts'
import { testScenarios } from './scenario-tests.ts'
import { SOURCES_FAIL } from './tables/sources-fail.ts'
import { sourcesFailSteps } from './steps/sources-fail.steps.ts'
import { VALUES_CHANGE } from './tables/values-change.ts'
import { valuesChangeSteps } from './steps/values-change.steps.ts'

testScenarios([
  [VALUES_CHANGE, valuesChangeSteps],
  [SOURCES_FAIL, sourcesFailSteps],
  [KEYS_FAIL, keysFailSteps],
  [EXTERNAL_EDITS, externalEditsSteps],
])
