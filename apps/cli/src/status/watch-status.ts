import type { CommandIo } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import { isKubeApiError, Reflector } from '@ack-secret-manager/k8s-client'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { resourcesPath } from '../kube/collections.ts'
import { keyOf, type LiveExternalSecret, liveExternalSecret, readyOf } from '../kube/resource-objects.ts'
import type { Log } from '../output/log.ts'
import { printable } from '../output/printable.ts'
import { type Paint, paintFor } from '../output/style.ts'
import { withKubeErrors } from '../sync/cluster/kube-errors.ts'
import { resourceDocument } from './overview/overview-document.ts'
import { isFailing } from './overview/group-failures.ts'
import { jsonText } from '../output/json-text.ts'

/** Which ExternalSecrets to watch. */
export interface WatchScope {
  readonly namespace: string | undefined
  readonly selector: string | undefined
  readonly name?: string
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
  { client, signal }: ClusterReader,
  { namespace, selector, name, shown }: WatchScope,
  { io, output, log }: WatchOutput,
): Promise<void> {
  const before = new Map(shown.map((each) => [keyOf(each), each]))
  const paint = paintFor(io)
  const print = (key: string, now: LiveExternalSecret | undefined): void => {
    const was = before.get(key)
    if (now) before.set(key, now)
    else before.delete(key)
    if (now && was && stateOf(was) === stateOf(now)) return
    io.stdout.write(output === 'json' ? jsonLine(key, now) : textLine(key, was, { now, paint }))
  }
  let fail = (_error: unknown): void => {}
  const failed = new Promise<never>((_resolve, reject) => (fail = reject))
  await using reflector = new Reflector({
    client,
    path: resourcesPath('ExternalSecret'),
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    project: liveExternalSecret,
    onChange: (change) => print(change.key, change.kind === 'deleted' ? undefined : change.object),
    onFault: ({ error, retryInMs }) => {
      if (isKubeApiError(error, 403) || isKubeApiError(error, 401)) fail(error)
      else log.warn(`${error.message}; retrying in ${Math.ceil(retryInMs / 1_000)} s`)
    },
  })
  await withKubeErrors('watching the ExternalSecrets', () => Promise.race([reflector.run({ signal }), failed]))
}

/** What a line shows of a status; an equal text is no change. */
function stateOf({ status }: LiveExternalSecret): string {
  const { status: ready, reason, message } = readyOf(status) ?? {}
  return JSON.stringify([ready, reason, message, status.target, status.secrets, status.lastHandledRefresh])
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
  const { reason = 'Unknown', message = '' } = readyOf(now.status) ?? {}
  const colour = isFailing(now) ? 'red' : reason === 'Suspended' ? 'yellow' : 'green'
  const change = before === undefined || before === reason ? reason : `${before} → ${reason}`
  const versions = now.status.secrets.map(({ key: secret, versionId = '?' }) => `${secret}@${versionId}`).join(', ')
  const detail = reason === 'Synced' ? [message, versions].filter((part) => part !== '').join(', ') : message
  return `${time} ${printable(key)} ${paint(colour, printable(change))}: ${printable(detail)}\n`
}
