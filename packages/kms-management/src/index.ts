export type { ChangePlan, ChangeStep } from './change-plan.ts'
export { planChange, type PlanContext } from './plan-change.ts'
export {
  type ApplyOptions,
  type ApplyOutcome,
  KmsManagement,
  type ListProgress,
  type ListSecretsOptions,
  type ListUnsettled,
  type ManagementOptions,
  type StepState,
} from './kms-management.ts'
export type { KmsManagementOptions } from './internal/management-calls.ts'
export { describePlan } from './describe-plan.ts'
export { compilePattern } from './name-pattern.ts'
export type {
  DeleteChange,
  NewSecret,
  PromoteChange,
  PutChange,
  RestoreChange,
  RollbackChange,
  RotateChange,
  SecretChange,
  TagChange,
} from './secret-change.ts'
export type { InstanceQuota, ObservedSecret, SecretDescription, SecretSummary, VersionSummary } from './secret-state.ts'
export { CURRENT as CURRENT_STAGE, holderOf, isManagedType } from './secret-state.ts'
export { isLabel, isPushVersionId, newVersionId, parsePushVersionId, pushVersionId } from './version-id.ts'
