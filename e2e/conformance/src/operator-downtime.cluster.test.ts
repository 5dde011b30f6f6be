import { OPERATOR_DOWNTIME } from './tables/operator-downtime.ts'
import { operatorDowntimeSteps } from './steps/operator-downtime.steps.ts'
import { testScenarios } from './scenario-tests.ts'

testScenarios([[OPERATOR_DOWNTIME, operatorDowntimeSteps]], { sequential: true })
