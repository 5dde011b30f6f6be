import { LIFECYCLE } from './tables/lifecycle.ts'
import { lifecycleSteps } from './steps/lifecycle.steps.ts'
import { testScenarios } from './scenario-tests.ts'
import { TEMPLATES } from './tables/templates.ts'
import { templatesSteps } from './steps/templates.steps.ts'

// Templates share a renderer, and a looping template blocks it.
const tables = [
  [TEMPLATES, templatesSteps],
  [LIFECYCLE, lifecycleSteps],
] as const

// With one worker, the log shows the order of the resources.
testScenarios(tables, { sequential: true, args: ['--polling-interval=1s', '--concurrency=1'] })
