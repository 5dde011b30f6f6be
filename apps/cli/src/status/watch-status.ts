import type { CommandIo } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import {
  isFailing,
  keyOf,
  type LiveExternalSecret,
  NOT_REPORTED,
  withoutPrefix,
} from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import type { Log } from '../output/log.ts'
import { printable } from '../output/printable.ts'
import { type Paint, paintFor } from '../output/style.ts'
import { resourceDocument } from './overview/overview-document.ts'
import type { FollowScope } from './follow-scope.ts'
import { followStatus, hasNewState } from './follow-status.ts'
import { jsonText } from '../output/json-text.ts'

/** Which ExternalSecrets to watch. */
export interface WatchScope extends FollowScope {
  /** Those that were shown already. */
  readonly shown: readonly LiveExternalSecret[]
}

/** How to print changes. */
export interface WatchOutput {
  readonly io: CommandIo
  readonly output: 'human' | 'wide' | 'json'
  readonly log: Log
}

/** Prints a line for each change of a status, until the signal aborts. @throws SecretSyncError if the user may not watch */
export async function watchStatus(
  reader: ClusterReader,
  { shown, ...scope }: WatchScope,
  { io, output, log }: WatchOutput,
): Promise<void> {
  const before = new Map(shown.map((each) => [keyOf(each), each]))
  const paint = paintFor(io)
  const print = (key: string, now: LiveExternalSecret | undefined): void => {
    const was = before.get(key)
    if (now) before.set(key, now)
    else before.delete(key)
    if (!hasNewState(was, now)) return
    io.stdout.write(output === 'json' ? jsonLine(key, now) : textLine(key, was, { now, paint }))
  }
  await followStatus(reader, scope, { onChange: print, log })
}

function jsonLine(key: string, now: LiveExternalSecret | undefined): string {
  const time = new Date(systemClock.now()).toISOString()
  const [namespace, name] = key.split('/')
  const document = now ? resourceDocument(now) : { kind: 'ExternalSecret', namespace, name, deleted: true }
  return jsonText({ time, ...document })
}

function textLine(
  key: string,
  was: LiveExternalSecret | undefined,
  { now, paint }: { readonly now: LiveExternalSecret | undefined; readonly paint: Paint },
): string {
  const at = new Date(systemClock.now())
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
  if (!now) return `${time} ${printable(key)} deleted\n`
  const before = was && readyOf(was.status)?.reason
  const { reason = 'Unknown', message = NOT_REPORTED } = readyOf(now.status) ?? {}
  const colour = isFailing(now) ? 'red' : reason === 'Suspended' ? 'yellow' : 'green'
  const change = before === undefined || before === reason ? reason : `${before} → ${reason}`
  const versions = now.status.secrets.map(({ key: secret, versionId = '?' }) => `${secret}@${versionId}`).join(', ')
  const detail =
    reason === 'Synced' ? [message, versions].filter((part) => part !== '').join(', ') : withoutPrefix(message, reason)
  return `${time} ${printable(key)} ${paint(colour, printable(change))}: ${printable(detail)}\n`
}
