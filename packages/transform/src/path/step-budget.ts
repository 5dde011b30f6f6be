import { SecretSyncError } from '@ack-secret-manager/core'
import { TRANSFORM_LIMITS } from '../limits.ts'

/**
 * Bounds one evaluation: nested projections can ask for more work than the expression and the document are long,
 * and the process has one thread.
 */
export class StepBudget {
  #left: number = TRANSFORM_LIMITS.pathSteps

  /** @throws SecretSyncError `TooLarge` when the evaluation has used up its steps */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) {
      throw new SecretSyncError(
        'TooLarge',
        `the path takes more than ${TRANSFORM_LIMITS.pathSteps} steps on this document`,
      )
    }
  }
}
