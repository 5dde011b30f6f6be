import type { ListedSecret } from '@ack-secret-manager/core'

/** What one resource finds in a list. */
export interface Interest {
  readonly withTags: boolean
  /** Equal for interests in the same names. */
  readonly filterId: string
  /** Whether the resource may find a secret of this name. */
  readonly mayFind: (name: string) => boolean
  /** Whether these tags of a secret match. */
  readonly hasTags: (tags: ListedSecret['tags']) => boolean
  /** The found secrets that targets have, for a find with tags, which can remove them. */
  readonly heldNames?: () => Iterable<ReadonlySet<string>>
}
