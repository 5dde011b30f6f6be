/** A rotation that KMS has scheduled. */
export interface RotationView {
  /** RFC 3339. In the past if KMS has not rotated yet, or the operator has not read it since. */
  readonly time: string
  /** Name or ARN of the KMS secret. */
  readonly secret: string
  readonly type: string
  readonly automatic: boolean
  /** Keys of the first 20 ExternalSecrets that use it; `count` has all. */
  readonly resources: readonly string[]
  readonly count: number
}

/** What rotates next, the earliest first. */
export interface CalendarView {
  /** At most 200. */
  readonly rotations: readonly RotationView[]
  /** Rotations that are left out. */
  readonly more: number
}
