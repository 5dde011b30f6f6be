import type { HintSource } from '@ack-secret-manager/core'

/** Abilities that some transports, or their tests, lack. */
export const HINT_SOURCE_ABILITIES = [
  'redeliver',
  'foreign',
  'irrelevant',
  'raw',
  'count',
  'missing',
  'deny',
  'refuse',
  'throttle',
  'outage',
  'garbage',
  'hang',
] as const

/**
 * - `redeliver`: `redeliver()` makes unconfirmed messages available again
 * - `foreign`: messages name their account and region
 * - `irrelevant`: the transport carries events that change no value of a secret
 * - `raw`: `send({ raw })` sends any text
 * - `count`: `left()` returns the number of messages that are not confirmed
 * - `missing`: `open({ queue: 'missing' })` receives from a queue that does not exist
 * - `deny`: `open({ identity: 'denied' })` has an identity without permission
 * - `refuse`: `open({ identity: 'refused' })` has a credential that the transport rejects
 * - `throttle`, `outage`, `garbage`, `hang`: `play()` makes the transport throttle, unreachable, respond with garbage or not at all
 */
export type HintSourceAbility = (typeof HINT_SOURCE_ABILITIES)[number]

/** Fault of the transport. */
export type HintSourceFault = Extract<HintSourceAbility, 'throttle' | 'outage' | 'garbage' | 'hang'>

/** What the other side sends. */
export type SentMessage =
  /** The secret has changed. */
  | { readonly secretName: string; readonly eventMs?: number; readonly of?: 'another account' | 'another region' }
  /** An event that changes no value of this secret. */
  | { readonly irrelevant: string }
  /** Any text instead of an event. */
  | { readonly raw: string }

/** Options to open the source under test. It should wait at most a second for messages. */
export interface HintSourceOpening {
  /** @default 'known' */
  readonly identity?: 'known' | 'denied' | 'refused'
  /** @default 'known' */
  readonly queue?: 'known' | 'missing'
  /** A deadline of a few hundred milliseconds for one call. @default false */
  readonly impatient?: boolean
}

/** A source of hints, and the test's access to the other side. Each harness has an empty queue. */
export interface HintSourceHarness {
  /** Secret material of the source, which must not show anywhere. */
  readonly canaries: readonly string[]
  /** Opens the source under test. The contract closes it. */
  open(opening: HintSourceOpening): HintSource | Promise<HintSource>
  /** Sends a message, which can be received once this resolves. */
  send(message: SentMessage): Promise<void>
  /** Makes received, unconfirmed messages available again. */
  redeliver?(): Promise<void>
  /** Number of messages that are not confirmed. */
  left?(): Promise<number>
  /** Starts a fault that lasts until {@link HintSourceHarness.recover}. */
  play?(fault: HintSourceFault): Promise<void>
  /** Ends the fault. */
  recover?(): Promise<void>
  close?(): Promise<void>
}
