import { ERROR_CODES, reasonOf } from '@ack-secret-manager/core'
import { closest, REASON_GUIDES, type ReasonGuide } from '@ack-secret-manager/resources'

/** The guides of a typed reason. */
export interface FoundGuides {
  readonly guides: readonly ReasonGuide[]
  /** The error code that was typed, if it is not a reason itself. */
  readonly code?: string
}

/** Finds a reason, or the reason of an error code, in any case; undefined if it is neither. */
export function findGuides(typed: string): FoundGuides | undefined {
  const guides = REASON_GUIDES.filter(({ reason }) => isSame(reason, typed))
  if (guides.length > 0) return { guides }
  const code = ERROR_CODES.find((each) => isSame(each, typed))
  if (code === undefined) return undefined
  return { guides: REASON_GUIDES.filter(({ reason }) => reason === reasonOf(code)), code }
}

/** The known reason or code that is most similar. */
export function suggestion(typed: string): string | undefined {
  return closest(typed, new Set([...REASON_GUIDES.map(({ reason }) => reason), ...ERROR_CODES]))
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
