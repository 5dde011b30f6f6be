/** A Secret at one moment, as the API server shows it. */
export interface SecretSnapshot {
  readonly uid: string
  readonly resourceVersion: string
  /** Uid of the object that it goes with; undefined where there is none. */
  readonly ownerUid: string | undefined
  /** Texts of its keys. */
  readonly data: ReadonlyMap<string, string>
  /** Labels, owner references and type: of somebody else's Secret nothing of it may change. */
  readonly marks: string
  /** The operator is among those who have written it. */
  readonly isOurs: boolean
  /** It says of itself that a workload is still to be restarted for it. */
  readonly isRestartDue: boolean
}

/** What a Secret holds, as one text. */
export function contentOf({ data }: Pick<SecretSnapshot, 'data'>): string {
  return JSON.stringify([...data].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
