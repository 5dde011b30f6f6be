import type { ErrorCode } from '@ack-secret-manager/core'

/** What a text means, and what to do. Markdown without links. */
export type Advice = readonly [means: string, fix: string]

/** A source file with texts. */
export interface MessageSource {
  readonly file: string
  /** Code of texts that have none of their own. */
  readonly code?: ErrorCode
  /** Texts that are inserted into other texts, or that only programmers see. */
  readonly parts?: readonly string[]
}

/** A section of the page: the texts about one service. */
export interface Service {
  readonly title: string
  /** Who says this, and where it is shown. */
  readonly intro: string
  readonly sources: readonly MessageSource[]
  /** By text, as the sources have it. */
  readonly advice: Readonly<Record<string, Advice>>
}
