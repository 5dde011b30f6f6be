import { DELETION } from './scenarios/deletion.ts'
import { deletionSteps } from './scenarios/deletion.steps.ts'
import { DIFFERENCES } from './scenarios/differences.ts'
import { DIFFERENCES_SEED, differencesSteps } from './scenarios/differences.steps.ts'
import { OWNERSHIP } from './scenarios/ownership.ts'
import { ownershipSteps } from './scenarios/ownership.steps.ts'
import { testScenarios } from './scenario-tests.ts'

const tables = [
  [OWNERSHIP, ownershipSteps],
  [DELETION, deletionSteps],
  [DIFFERENCES, differencesSteps],
] as const

testScenarios(tables, { seed: DIFFERENCES_SEED })
