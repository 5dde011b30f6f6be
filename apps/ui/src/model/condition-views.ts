import { defined } from '@ack-secret-manager/core'
import type { Condition } from '@ack-secret-manager/resources'
import type { ConditionView } from './views/resource-detail.ts'

/** The conditions of a status. Pure. */
export function conditionViews(conditions: readonly Condition[]): readonly ConditionView[] {
  return conditions.map(({ type, status, reason, message, lastTransitionTime }) => ({
    type,
    status,
    reason,
    message,
    ...defined({ since: lastTransitionTime }),
  }))
}
