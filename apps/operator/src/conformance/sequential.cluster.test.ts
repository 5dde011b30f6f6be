import { LIFECYCLE } from './scenarios/lifecycle.ts'
import { lifecycleSteps } from './scenarios/lifecycle.steps.ts'
import { testScenarios } from './scenario-tests.ts'
import { TEMPLATES } from './scenarios/templates.ts'
import { templatesSteps } from './scenarios/templates.steps.ts'

// Templates share a renderer, and a looping template blocks it.
const tables = [
  [TEMPLATES, templatesSteps],
  [LIFECYCLE, lifecycleSteps],
] as const

// With one worker, the log shows the order of the resources.
testScenarios(tables, { sequential: true, args: ['--polling-interval=1s', '--concurrency=1'] })
