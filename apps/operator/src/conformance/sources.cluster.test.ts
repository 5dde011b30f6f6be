import { KEYS_FAIL } from './scenarios/keys-fail.ts'
import { keysFailSteps } from './scenarios/keys-fail.steps.ts'
import { EXTERNAL_EDITS } from './scenarios/external-edits.ts'
import { externalEditsSteps } from './scenarios/external-edits.steps.ts'
import { testScenarios } from './scenario-tests.ts'
import { SOURCES_FAIL } from './scenarios/sources-fail.ts'
import { sourcesFailSteps } from './scenarios/sources-fail.steps.ts'
import { VALUES_CHANGE } from './scenarios/values-change.ts'
import { valuesChangeSteps } from './scenarios/values-change.steps.ts'

testScenarios([
  [VALUES_CHANGE, valuesChangeSteps],
  [SOURCES_FAIL, sourcesFailSteps],
  [KEYS_FAIL, keysFailSteps],
  [EXTERNAL_EDITS, externalEditsSteps],
])
