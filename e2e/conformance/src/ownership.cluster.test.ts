import { DELETION } from './tables/deletion.ts'
import { deletionSteps } from './steps/deletion.steps.ts'
import { DIFFERENCES } from './tables/differences.ts'
import { DIFFERENCES_SEED, differencesSteps } from './steps/differences.steps.ts'
import { OWNERSHIP } from './tables/ownership.ts'
import { ownershipSteps } from './steps/ownership.steps.ts'
import { testScenarios } from './scenario-tests.ts'

const tables = [
  [OWNERSHIP, ownershipSteps],
  [DELETION, deletionSteps],
  [DIFFERENCES, differencesSteps],
] as const

testScenarios(tables, { seed: DIFFERENCES_SEED })
