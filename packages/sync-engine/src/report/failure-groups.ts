import { escapeControls, type ReadyReason } from '@ack-secret-manager/core'
import type { EntryFailure } from '../model/desired-secret.ts'

/** Maximum number of secrets in the text of a group; a name has up to 192 characters. */
const MAX_NAMED = 3

/** A failure with its Ready reason. */
export interface ExplainedFailure extends EntryFailure {
  readonly reason: ReadyReason
}

/** Failures with the same reason and the same text, apart from the name of the secret. */
export interface FailureGroup {
  readonly reason: ReadyReason
  /** Includes the name of the secret if there is only one. */
  readonly text: string
  /** In order of first mention. */
  readonly secrets: readonly string[]
  /** Of the first failure that has one, which is enough for a support case. */
  readonly requestId: string | undefined
}

/** Groups failures by reason and text, in order of first mention. */
export function groupFailures(failures: readonly ExplainedFailure[]): readonly FailureGroup[] {
  const groups = Map.groupBy(failures, (failure) => `${failure.reason} ${withoutName(failure)}`)
  return [...groups.values()].map((group) => {
    const [first] = group as [ExplainedFailure, ...ExplainedFailure[]]
    const secrets = [...new Set(group.map(({ secret }) => secret))]
    return {
      reason: first.reason,
      text: secrets.length === 1 ? first.error.message : withoutName(first),
      secrets,
      requestId: group.map(({ error }) => error.facts.requestId).find((id) => id !== undefined),
    }
  })
}

/** One line about a group. `total`: how many secrets the resource reads. */
export function describeGroup({ reason, text, secrets }: FailureGroup, total: number): string {
  const [only] = secrets
  if (secrets.length === 1 && only !== undefined) {
    const isNamed = text.includes(quoted(only)) || text.startsWith(`${only}: `)
    return isNamed ? `${reason}: ${text}` : `${reason}: ${quoted(only)}: ${text}`
  }
  const more = secrets.length > MAX_NAMED ? ` and ${secrets.length - MAX_NAMED} more` : ''
  const names = secrets.slice(0, MAX_NAMED).map(quoted).join(', ')
  return `${secrets.length} of ${total} secrets: ${reason}: ${text}: ${names}${more}`
}

/** Backends quote names as JSON, and error messages escape control characters. */
function withoutName({ error, secret }: EntryFailure): string {
  return error.message.replace(` ${quoted(secret)}`, '')
}

function quoted(name: string): string {
  return escapeControls(JSON.stringify(name))
}
