/** Observed state of a Secret. */
export interface SecretSnapshot {
  readonly uid: string
  readonly resourceVersion: string
  /** Uid of the owner; undefined without one. */
  readonly ownerUid: string | undefined
  /** Values by key. */
  readonly data: ReadonlyMap<string, string>
  /** Labels, owner references and type, which must not change in a Secret of another owner. */
  readonly marks: string
  /** The operator is one of its field managers. */
  readonly isOurs: boolean
  /** Its annotation records a pending restart. */
  readonly isRestartDue: boolean
}

/** Content of a Secret as one text. */
export function contentOf({ data }: Pick<SecretSnapshot, 'data'>): string {
  return JSON.stringify([...data].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
