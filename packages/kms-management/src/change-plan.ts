import type { SecretSyncError } from '@ack-secret-manager/core'
import type { NewSecret, SecretChange } from './secret-change.ts'
import type { ObservedSecret } from './secret-state.ts'

/** One call that a plan makes. It holds no value. */
export type ChangeStep =
  | { readonly action: 'CreateSecret'; readonly versionId: string; readonly create: NewSecret }
  | { readonly action: 'PutSecretValue'; readonly versionId: string }
  | {
      readonly action: 'UpdateSecretVersionStage'
      readonly moveTo: string
      readonly from: string | undefined
      readonly stage?: string
    }
  | { readonly action: 'RotateSecret'; readonly versionId: string }
  | { readonly action: 'DeleteSecret'; readonly recoveryDays: number | 'none' }
  | { readonly action: 'RestoreSecret' }
  | { readonly action: 'TagResource'; readonly tags: Readonly<Record<string, string>> }
  | { readonly action: 'UntagResource'; readonly keys: readonly string[] }
  | { readonly action: 'UpdateSecret'; readonly description: string }

/** What a change comes to. */
export type ChangePlan =
  | { readonly kind: 'none'; readonly change: SecretChange; readonly why: string }
  | { readonly kind: 'refused'; readonly change: SecretChange; readonly error: SecretSyncError }
  | {
      readonly kind: 'steps'
      readonly change: SecretChange
      readonly steps: readonly ChangeStep[]
      /** The secret that the plan was made for; undefined if there is none. */
      readonly observed: ObservedSecret | undefined
      /** Consequences that a person should know before: `drops the oldest version v1`. */
      readonly notes: readonly string[]
    }
