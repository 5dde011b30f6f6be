/** A secret in the list of its manager. Has no value. */
export interface ListedSecret {
  /** As {@link SecretRef.name} takes it. */
  readonly name: string
  /** Absent unless requested. */
  readonly tags?: Readonly<Record<string, string>>
  /** Its deletion is scheduled, so that it cannot be read. @default false */
  readonly isDeleted?: boolean
}

/** One page of a list. */
export interface SecretPage {
  readonly items: readonly ListedSecret[]
  /** Cursor of the next page. Absent on the last one. */
  readonly next?: string
  /** Number of all secrets, if the manager reports it. */
  readonly total?: number
}

/** Options of {@link SecretBackend.list}. */
export interface ListOptions {
  /** `next` of the page before. @default the first page */
  readonly cursor?: string | undefined
  /** Whether the secrets have their tags. */
  readonly withTags: boolean
  readonly signal: AbortSignal
}
