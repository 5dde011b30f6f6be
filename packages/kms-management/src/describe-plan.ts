import type { ChangePlan, ChangeStep } from './change-plan.ts'

/** A plan in words, a line for each step and note. Never a value. */
export function describePlan(plan: ChangePlan): readonly string[] {
  switch (plan.kind) {
    case 'none':
      return [`nothing to do: ${plan.why}`]
    case 'refused':
      return [`refused: ${plan.error.message}`]
    case 'steps':
      return [...plan.steps.map(describeStep), ...plan.notes.map((note) => `note: ${note}`)]
  }
}

function describeStep(step: ChangeStep): string {
  switch (step.action) {
    case 'CreateSecret':
      return `create the secret with version ${step.versionId}`
    case 'PutSecretValue':
      return `put the value as version ${step.versionId}`
    case 'UpdateSecretVersionStage':
      if (step.stage !== undefined)
        return `move stage ${step.stage} to version ${step.moveTo}${step.from === undefined ? '' : ` from ${step.from}`}`
      return `make version ${step.moveTo} current${step.from === undefined ? '' : ` instead of ${step.from}`}`
    case 'RotateSecret':
      return `rotate now, as version ${step.versionId}`
    case 'DeleteSecret':
      return step.recoveryDays === 'none' ? 'delete at once' : `delete in ${step.recoveryDays} days`
    case 'RestoreSecret':
      return 'take back the scheduled deletion'
    case 'TagResource':
      return `set tags ${Object.keys(step.tags).join(', ')}`
    case 'UntagResource':
      return `remove tags ${step.keys.join(', ')}`
    case 'UpdateSecret':
      return 'change the description'
  }
}
