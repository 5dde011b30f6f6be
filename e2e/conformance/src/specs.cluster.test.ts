import { INSTANCE_SEED, roleSeed } from './own-store.ts'
import { testScenarios } from './scenario-tests.ts'
import { STORES_FAIL } from './tables/stores-fail.ts'
import { storesFailSteps } from './steps/stores-fail.steps.ts'
import { INVALID_CONTENT } from './tables/invalid-content.ts'
import { invalidContentSteps } from './steps/invalid-content.steps.ts'

const tables = [
  [STORES_FAIL, storesFailSteps],
  [INVALID_CONTENT, invalidContentSteps],
] as const
const roles = ['session-over', 'session-refused'].map(roleSeed)

// Half of the workers serve one namespace. Enough workers let the operator report an expired session before it is renewed.
const args = ['--polling-interval=1s', '--concurrency=64']

testScenarios(tables, { args, seed: { roles, instances: [INSTANCE_SEED] } })
