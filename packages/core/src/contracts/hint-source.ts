/** A message that a secret may have changed. Its content is never trusted: it causes a read, and only of a secret that is in use. */
export interface Hint {
  /** Name or ARN of the secret, without blanks at its ends. */
  readonly secretName: string
  /** Time of the change according to the message, in wall-clock milliseconds. Only for statistics. @default unknown */
  readonly eventMs?: number
}

/**
 * Why a message is no hint.
 * - `malformed`: it cannot be parsed, or is too large
 * - `foreign`: it is about another account or region
 * - `irrelevant`: it is an event that changes no value of a secret, or names no secret
 */
export type NoHintReason = 'foreign' | 'irrelevant' | 'malformed'

/** Messages that were received together. */
export interface HintBatch {
  /** Hints in the order of their messages. May hold duplicates, because transports deliver messages more than once. */
  readonly hints: readonly Hint[]
  /** Messages without a hint. {@link confirm} removes them as well, so that they do not come back. */
  readonly ignored: readonly NoHintReason[]
  /**
   * Removes the messages from the transport once their hints are accepted. Unconfirmed messages are delivered again. Harmless to repeat.
   * @throws SecretSyncError as {@link HintSource.receive}; the messages are then delivered again
   */
  confirm(options: { signal: AbortSignal }): Promise<void>
}

/** Delivers hints from one transport, such as a message queue. Polling must continue, because hints only make changes faster. */
export interface HintSource {
  /** For logs: `SMQ queue acksm-hints in cn-hangzhou`. */
  readonly description: string
  /**
   * Waits for messages, at most as long as the transport allows, and then resolves with an empty batch. One attempt: the caller
   * repeats and backs off. Unusable messages are counted in the batch, and never fail the call.
   * @throws SecretSyncError `NotFound` (no such queue) | `AccessDenied` | `Unauthenticated` | `Throttled` | `Unavailable` | `Timeout` |
   * `InvalidResponse` | `Cancelled`
   */
  receive(options: { signal: AbortSignal }): Promise<HintBatch>
  /** Closes connections. Pending and later calls fail with `Cancelled`. May be called more than once. */
  close(): Promise<void>
}
