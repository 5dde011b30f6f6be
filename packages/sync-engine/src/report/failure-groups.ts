import { escapeControls, type ReadyReason } from '@ack-secret-manager/core'
import type { EntryFailure } from '../model/desired-secret.ts'

/** Secrets that one group names; a name has up to 192 characters. */
const MAX_NAMED = 3

/** A failure with the reason that its resource shows for it. */
export interface ExplainedFailure extends EntryFailure {
  readonly reason: ReadyReason
}

/** Failures that have the same reason and, but for the name of the secret, the same text. */
export interface FailureGroup {
  readonly reason: ReadyReason
  /** With the name of its one secret, or without any name. */
  readonly text: string
  /** In order of first mention. */
  readonly secrets: readonly string[]
  /** Of the first failure that has one: one is enough for support to find the cause. */
  readonly requestId: string | undefined
}

/** Groups failures by what they have in common, in order of first mention. */
export function groupFailures(failures: readonly ExplainedFailure[]): readonly FailureGroup[] {
  const groups = new Map<string, [ExplainedFailure, ...ExplainedFailure[]]>()
  for (const failure of failures) {
    const key = `${failure.reason} ${withoutName(failure)}`
    const group = groups.get(key)
    if (group) group.push(failure)
    else groups.set(key, [failure])
  }
  return [...groups.values()].map((group) => {
    const [first] = group
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
    return text.includes(quoted(only)) ? `${reason}: ${text}` : `${reason}: ${quoted(only)}: ${text}`
  }
  const more = secrets.length > MAX_NAMED ? ` and ${secrets.length - MAX_NAMED} more` : ''
  const names = secrets.slice(0, MAX_NAMED).map(quoted).join(', ')
  return `${secrets.length} of ${total} secrets: ${reason}: ${text}: ${names}${more}`
}

/** Backends quote names as JSON does, and messages of errors have control characters escaped. */
function withoutName({ error, secret }: EntryFailure): string {
  return error.message.replace(` ${quoted(secret)}`, '')
}

function quoted(name: string): string {
  return escapeControls(JSON.stringify(name))
}
