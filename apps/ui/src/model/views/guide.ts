/** What a reason means and what to do, as `acksm explain` prints it. English, plain text. */
export interface GuideView {
  /** Anchor on the reference page of reasons, by which the pages find the texts in their language. */
  readonly id: string
  readonly reason: string
  readonly means: string
  /** Absent if there is nothing to do. */
  readonly cure?: string
  /** What happens to the Secret meanwhile. */
  readonly secret?: string
  /** Whether the operator has written the Secret, where {@link secret} says that it keeps its values: none of several, or not all. */
  readonly written?: 'none' | 'some'
  /** When the operator tries again. */
  readonly retried?: string
  /** Commands to copy, with the names filled in where they are known. The first one is the best one. */
  readonly run: readonly string[]
}
