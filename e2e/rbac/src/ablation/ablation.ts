import type { AblationFixture } from './ablation-fixture.ts'

/** The roles of the chart, as its templates group them. */
export type RoleKind = 'namespaces' | 'cluster' | 'restart' | 'own'

/** Effect of removing one permission of the chart's roles, with its test. */
export interface Ablation {
  /** Verb and resource, like `patch secrets`. */
  readonly permission: string
  readonly role: RoleKind
  /** Effect of the missing permission, as Markdown for the reference page. */
  readonly effect: string
  /** The operator needs the permission at its start, so it is started without it. @default false */
  readonly atStart?: boolean
  /** Prepares, with all permissions. */
  readonly prepare?: (fixture: AblationFixture) => Promise<void>
  /** Without the permission: performs an operation that needs it. Resolves when the failure is reported and `effect` has happened. */
  readonly missing: (fixture: AblationFixture) => Promise<void>
  /** With the permission restored: resolves when the operator has recovered. */
  readonly restored: (fixture: AblationFixture) => Promise<void>
}
