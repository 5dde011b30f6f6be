import { parseDuration } from '@ack-secret-manager/core'
import {
  isFailing,
  labelOf,
  NOT_REPORTED,
  operatorWarning,
  type ResourceEvent,
  secretNameOf,
  stateText,
  type StoreState,
  withoutPrefix,
} from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import { printable } from '../../output/printable.ts'
import type { Paint } from '../../output/style.ts'
import { table } from '../../output/table.ts'
import { agoText, durationText, timeText } from '../../output/time-text.ts'
import type { Details } from './read-details.ts'

type Generated = NonNullable<Details['resource']['status']['generated']>[number]

/** How to show details. */
export interface DetailsOptions {
  readonly paint: Paint
  readonly nowMs: number
}

/** Everything about one ExternalSecret, for people. */
export function detailsText(details: Details, { paint, nowMs }: DetailsOptions): string {
  const { resource } = details
  const { status, metadata, createdBy } = resource
  const ready = readyOf(status)
  const since = ready?.lastTransitionTime === undefined ? '' : ` since ${agoText(ready.lastTransitionTime, nowMs)}`
  const colour = ready?.status === 'True' ? 'green' : isFailing(resource) ? 'red' : 'yellow'
  const isOld = (status.observedGeneration ?? 0) < (metadata.generation ?? 0)
  const { state, detail } = details.operator
  const warning = state === 'stopped' ? `does not seem to run: ${detail}` : operatorWarning(details.operator)
  const rows: [label: string, text: string][] = [
    ['Secret', secretText(details, nowMs)],
    ...details.stores.map((store): [string, string] => ['Store', storeText(store, nowMs)]),
    ...missingStores(details).map((label): [string, string] => ['Store', `${label}: not found, or not visible to you`]),
    ...(status.generated ?? []).map((each): [string, string] => ['Generated', generatedText(each, nowMs)]),
    ['Refresh', refreshText(details)],
    ['Confirmed', confirmationText(details)],
    ...(createdBy === undefined ? [] : [['Created by', `ClusterExternalSecret ${createdBy}`] as [string, string]]),
    ...(isOld ? [['Note', 'the operator has not handled the latest change of the spec yet'] as [string, string]] : []),
    ...(warning === undefined ? [] : [['Operator', warning] as [string, string]]),
  ]
  const head = `${paint('bold', printable(labelOf({ kind: 'ExternalSecret', ...resource })))}: ${paint(colour, printable(ready?.reason ?? 'Unknown'))}${since}`
  const message = ready === undefined ? NOT_REPORTED : withoutPrefix(ready.message, ready.reason)
  const facts = rows.map(([label, text]) => `${label.padEnd(10)} ${printable(text)}`)
  return `${[head, `  ${printable(message)}`, '', ...facts].join('\n')}\n${keysTable(details, nowMs, paint)}${eventsTable(details.events, nowMs, paint)}`
}

/** A store on one line: whether it works, its identity and its endpoint. */
export function storeText(
  { kind, namespace, name, ready, reason, message, outage, status }: StoreState,
  nowMs: number,
): string {
  const state = ready ? 'Ready' : stateText({ reason, message })
  const where = [status.identity?.principal, status.endpoint && `at ${status.endpoint}`].filter(
    (part) => part !== undefined,
  )
  const expiry =
    status.clientKeyExpiration === undefined
      ? []
      : [`client key expires ${timeText(status.clientKeyExpiration, nowMs)}`]
  const broken = outage === undefined ? [] : [`unreachable: ${outage.message}`]
  return [`${labelOf({ kind, namespace, name })}: ${state}`, where.join(' '), ...expiry, ...broken]
    .filter((part) => part !== '')
    .join(' · ')
}

/** Events, the last one first; nothing without any. */
export function eventsTable(events: readonly ResourceEvent[], nowMs: number, paint: Paint): string {
  if (events.length === 0) return ''
  const rows = events.map(({ time, count, type, reason, message }) => [
    { text: agoText(time, nowMs) },
    { text: count > 1 ? `×${count}` : '' },
    { text: reason, paint: (text: string) => (type === 'Warning' ? paint('yellow', text) : text) },
    { text: withoutPrefix(message, reason) },
  ])
  return `\n${table([header(paint, 'EVENT', '', 'REASON', 'MESSAGE'), ...rows])}`
}

function secretText({ resource, secret }: Details, nowMs: number): string {
  const { namespace, status } = resource
  const { keyCount, lastChangeTime } = status.target ?? {}
  const parts = [
    `${namespace}/${secretNameOf(resource)}`,
    secret?.type === undefined ? '' : `type ${secret.type}`,
    keyCount === undefined ? 'not written yet' : `${keyCount} ${keyCount === 1 ? 'key' : 'keys'}`,
    lastChangeTime === undefined ? '' : `last change ${agoText(lastChangeTime, nowMs)}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function generatedText({ name, generatedTime, renewalTime, expiryTime }: Generated, nowMs: number): string {
  const next = renewalTime === undefined ? '' : `, next ${timeText(renewalTime, nowMs)}`
  const end = expiryTime === undefined ? '' : `, expires ${timeText(expiryTime, nowMs)}`
  return `${name} ${agoText(generatedTime, nowMs)}${next}${end}`
}

function refreshText({ resource, confirmation }: Details): string {
  const { spec } = resource
  if (spec?.suspend === true) return 'suspended; acksm resume continues it'
  const interval = spec?.rotationInterval
  if (interval === undefined) return 'at the --polling-interval of the operator (default 120s)'
  const intervalMs = parseDuration(interval)
  if (confirmation.kind === 'unknown' || intervalMs === undefined) return `every ${interval}`
  const leftMs = intervalMs - confirmation.ageMs
  return `every ${interval}, ${leftMs > 0 ? `next within ${durationText(leftMs)}` : 'overdue'}`
}

function confirmationText({ confirmation }: Details): string {
  return confirmation.kind === 'known' ? `${durationText(confirmation.ageMs)} ago` : `unknown: ${confirmation.why}`
}

function missingStores({ resource, stores }: Details): readonly string[] {
  const found = new Set(stores.map(labelOf))
  return resource.stores.map(labelOf).filter((label) => !found.has(label))
}

function keysTable({ resource, secret }: Details, nowMs: number, paint: Paint): string {
  const { secrets } = resource.status
  if (secrets.length === 0) return ''
  const rows = secrets.map(({ key, versionId = '-', versionStage = '-', type = '-', rotation }) => {
    // Templates join the names of their secrets.
    const keys =
      secret?.keys.filter((each) => each.secret === key && each.versionId === versionId).map((each) => each.key) ?? []
    const next = rotation?.nextTime === undefined ? '' : `, next ${timeText(rotation.nextTime, nowMs)}`
    const how = rotation === undefined ? '-' : `${rotation.automatic ? 'automatic' : 'manual'}${next}`
    return [key, versionId, versionStage, type, how, keys.join(', ') || '-'].map((text) => ({ text }))
  })
  return `\n${table([header(paint, 'KMS SECRET', 'VERSION', 'STAGE', 'TYPE', 'ROTATION', 'KEYS'), ...rows])}`
}

function header(paint: Paint, ...names: readonly string[]) {
  return names.map((text) => ({ text, paint: (shown: string) => paint('bold', shown) }))
}
