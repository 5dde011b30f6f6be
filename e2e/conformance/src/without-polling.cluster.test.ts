import { testScenarios } from './scenario-tests.ts'
import { WITHOUT_POLLING } from './tables/without-polling.ts'
import { withoutPollingSteps } from './steps/without-polling.steps.ts'

testScenarios([[WITHOUT_POLLING, withoutPollingSteps]], { args: ['--disable-polling', '--polling-interval=1s'] })
