import { Budget } from './budget.ts'
import { TRANSFORM_LIMITS } from './limits.ts'

const { outputBytes, pathSteps, ruleSteps } = TRANSFORM_LIMITS

/** What all paths, extractions and key rules of one resource may take together. Hand the same one to each of them. */
export class WorkBudget {
  /** @internal */
  readonly paths = new Budget(pathSteps, `the paths take more than ${pathSteps} steps on this document`)
  /** @internal */
  readonly rules = new Budget(ruleSteps, `the replace rules take more than ${ruleSteps} steps on these keys`)
  /** @internal */
  readonly output = new Budget(outputBytes, `the values come to more than ${outputBytes} bytes`)
}
