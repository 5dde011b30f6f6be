import type { AblationFixture } from './ablation-fixture.ts'

/** The roles of the chart, as its templates group them. */
export type RoleKind = 'namespaces' | 'cluster' | 'restart' | 'own'

/** What people lose with one permission of the chart's roles, and the proof of it. */
export interface Ablation {
  /** `patch secrets`, as audit logs and roles have it. */
  readonly permission: string
  readonly role: RoleKind
  /** What does not work without it, for people. Markdown, a sentence or two. */
  readonly effect: string
  /** The permission is needed when the operator starts, and missed then: it is started without. @default false */
  readonly atStart?: boolean
  /** With all permissions. */
  readonly prepare?: (fixture: AblationFixture) => Promise<void>
  /** Without the permission: does what needs it. Resolves when people have been told and it is as `effect` says. */
  readonly missing: (fixture: AblationFixture) => Promise<void>
  /** With the permission back: the operator mends itself. Resolves when all is as it should be. */
  readonly restored: (fixture: AblationFixture) => Promise<void>
}
