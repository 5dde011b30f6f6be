import type { TrialScene } from './trial-scene.ts'

/** The roles of the chart, as its templates group them. */
export type RoleKind = 'namespaces' | 'cluster' | 'restart' | 'own'

/** What people lose with one right of the chart's roles, and the proof of it. */
export interface Trial {
  /** `patch secrets`, as audit logs and roles have it. */
  readonly right: string
  readonly role: RoleKind
  /** What does not work without it, for people. Markdown, a sentence or two. */
  readonly without: string
  /** The right is needed when the operator starts, and missed then: it is started without. @default false */
  readonly atStart?: boolean
  /** With all rights. */
  readonly prepare?: (scene: TrialScene) => Promise<void>
  /** Without the right: does what needs it. Resolves when people have been told and it is as `without` says. */
  readonly missing: (scene: TrialScene) => Promise<void>
  /** With the right back: the operator mends itself. Resolves when all is as it should be. */
  readonly mended: (scene: TrialScene) => Promise<void>
}
