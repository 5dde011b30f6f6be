/** A rotation that KMS has scheduled, or the renewal of a generated key. */
export interface RotationView {
  /** RFC 3339. In the past if KMS has not rotated yet, or the operator has not read it since. */
  readonly time: string
  /** Name or ARN of the KMS secret, or the generated key. */
  readonly secret: string
  /** `kms` · `password`: the operator generates another one · `token`: the operator renews it before it expires. */
  readonly kind: 'kms' | 'password' | 'token'
  /** Of a KMS secret; empty otherwise. */
  readonly type: string
  readonly automatic: boolean
  /** Keys of the first 20 ExternalSecrets that use it; `count` has all. A generated key belongs to one. */
  readonly resources: readonly string[]
  readonly count: number
}

/** What rotates next, the earliest first. */
export interface CalendarView {
  /** At most 200, of which each namespace and kind has its share. */
  readonly rotations: readonly RotationView[]
  /** Rotations that are left out. */
  readonly more: number
}
