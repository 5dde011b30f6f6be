import { OPERATOR_DOWNTIME } from './scenarios/operator-downtime.ts'
import { operatorDowntimeSteps } from './scenarios/operator-downtime.steps.ts'
import { testScenarios } from './scenario-tests.ts'

testScenarios([[OPERATOR_DOWNTIME, operatorDowntimeSteps]], { sequential: true })
