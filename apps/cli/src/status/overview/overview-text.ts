import {
  type FailureGroup,
  groupStores,
  isFailing,
  keyOf,
  labelOf,
  type LiveExternalSecret,
  operatorWarning,
  secretNameOf,
  stateText,
} from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import { printable } from '../../output/printable.ts'
import type { Paint } from '../../output/style.ts'
import { type Cell, table } from '../../output/table.ts'
import { agoText, timeText } from '../../output/time-text.ts'
import { countsOf, type Overview } from './read-overview.ts'
import { shardLines } from './shards-text.ts'
import { storesText } from './stores-text.ts'

/** The table lists every ExternalSecret of a small namespace; of a larger one only with `-o wide`. */
const MAX_ROWS = 20
const MAX_NAMED = 3
/** Causes, stores and ClusterExternalSecrets that are shown, of each; more only with `-o wide`. */
const MAX_SHOWN = 20

/** How to show an overview. */
export interface TextOptions {
  readonly paint: Paint
  readonly nowMs: number
  readonly isWide: boolean
}

/** The overview for people: what fails first, by cause, then every resource unless they are too many. */
export function overviewText(overview: Overview, options: TextOptions): string {
  const { resources, groups } = overview
  const { paint, isWide } = options
  const { total, ready, notReady, suspended } = countsOf(resources)
  const counts = [`${ready} ready`, `${notReady} not ready`, ...(suspended > 0 ? [`${suspended} suspended`] : [])]
  const lines = [
    `${paint('bold', `${total} ${total === 1 ? 'ExternalSecret' : 'ExternalSecrets'}`)}: ${counts.join(', ')}`,
    ...causeLines(groups, options),
    ...clusterExternalSecretLines(overview, options),
    ...pushSecretLines(overview, options),
    ...storeLines(overview, options),
    ...operatorLines(overview, paint),
    ...shardLines(overview.operator.leases, isWide),
  ]
  const isListed = total > 0 && (isWide || total <= MAX_ROWS)
  const rest = isListed ? `\n${resourceTable(resources, options)}` : total > 0 ? '-o wide lists all of them\n' : ''
  return `${lines.join('\n')}\n${rest}`
}

/** The lines of the largest groups, and one that counts the others. */
export function causeLines(groups: readonly FailureGroup[], options: TextOptions): readonly string[] {
  const rest = groups.slice(options.isWide ? groups.length : MAX_SHOWN)
  const count = rest.reduce((sum, { resources }) => sum + resources.length, 0)
  const resources = `${count} ${count === 1 ? 'ExternalSecret' : 'ExternalSecrets'}`
  return [
    ...groups.slice(0, groups.length - rest.length).flatMap((group) => groupLines(group, options)),
    ...(rest.length === 0 ? [] : [`  and ${resources} with ${rest.length} more causes; -o wide shows all`]),
  ]
}

/** `412 of 500 Stale since 03:12 · SecretStore prod/kms · HTTP 503 at kms.… · last good 03:06 · used by 38 Deployments` */
export function groupText(group: FailureGroup, { nowMs, isWide }: Pick<TextOptions, 'nowMs' | 'isWide'>): string {
  const { reason, cause, stores, resources, total, since, lastGood, usedBy } = group
  const users = Object.entries(usedBy).map(([kind, count]) => `${count} ${count === 1 ? kind : pluralOf(kind)}`)
  const count = total === resources.length ? String(total) : `${resources.length} of ${total}`
  const parts = [
    `${count} ${reason}${since === undefined ? '' : ` since ${timeText(since, nowMs)}`}`,
    storesText(stores, isWide),
    cause,
    lastGood === undefined ? '' : `last good ${timeText(lastGood, nowMs)}`,
    users.length === 0 ? '' : `used by ${users.join(', ')}`,
  ]
  return printable(parts.filter((part) => part !== '').join(' · '))
}

/** The line of a group, and one with its resources. */
function groupLines(group: FailureGroup, options: TextOptions): readonly string[] {
  const { resources, reason } = group
  const { paint, isWide } = options
  const shown = isWide ? resources : resources.slice(0, MAX_NAMED)
  const more = resources.length > shown.length ? ` and ${resources.length - shown.length} more` : ''
  const hint = reason === 'Unknown' ? '' : `; acksm explain ${reason}`
  return [`${paint('red', '✗')} ${groupText(group, options)}`, printable(`    ${shown.join(', ')}${more}${hint}`)]
}

function storeLines({ stores }: Overview, { paint, nowMs, isWide }: TextOptions): readonly string[] {
  const lines = groupStores(stores).map(({ stores: same, state, since, cause }) => {
    const when = since === undefined ? '' : ` since ${timeText(since, nowMs)}`
    const mark = state === 'unreachable' ? paint('yellow', '!') : paint('red', '✗')
    return `${mark} ${printable(`${storesText(same, isWide)}: ${state}${when}: ${cause}`)}`
  })
  return limited(lines, 'SecretStores with other causes', isWide)
}

function clusterExternalSecretLines(
  { clusterExternalSecrets }: Overview,
  { paint, isWide }: TextOptions,
): readonly string[] {
  const lines = clusterExternalSecrets
    .filter(({ ready }) => !ready)
    .map((each) => `${paint('red', '✗')} ${printable(`${labelOf(each)}: ${stateText(each)}`)}`)
  return limited(lines, 'ClusterExternalSecrets', isWide)
}

/** A line that counts them, and one for each that is not Ready. */
function pushSecretLines({ pushSecrets }: Overview, { paint, isWide }: TextOptions): readonly string[] {
  if (pushSecrets.length === 0) return []
  const failing = pushSecrets.filter(({ ready }) => !ready)
  const kind = pushSecrets.length === 1 ? 'PushSecret' : 'PushSecrets'
  const counts = `${pushSecrets.length - failing.length} ready, ${failing.length} not ready`
  const lines = failing.map((each) => `${paint('red', '✗')} ${printable(`${labelOf(each)}: ${stateText(each)}`)}`)
  return [`${pushSecrets.length} ${kind}: ${counts}`, ...limited(lines, 'PushSecrets', isWide)]
}

function limited(lines: readonly string[], what: string, isWide: boolean): readonly string[] {
  if (isWide || lines.length <= MAX_SHOWN) return lines
  return [...lines.slice(0, MAX_SHOWN), `  and ${lines.length - MAX_SHOWN} more ${what}; -o wide shows all`]
}

function operatorLines({ operator }: Overview, paint: Paint): readonly string[] {
  const warning = operatorWarning(operator)
  return warning === undefined ? [] : [`${paint('yellow', '!')} ${printable(warning)}`]
}

function resourceTable(resources: readonly LiveExternalSecret[], { paint, nowMs, isWide }: TextOptions): string {
  const header = [
    'NAMESPACE',
    'NAME',
    'READY',
    'REASON',
    'SECRET',
    'KEYS',
    'CHANGED',
    ...(isWide ? ['STORES', 'VERSIONS', 'MESSAGE'] : []),
  ]
  const rows = resources.map((each): readonly Cell[] => {
    const { namespace, name, status, stores } = each
    const { status: ready = 'Unknown', reason = '-', message = '' } = readyOf(status) ?? {}
    const colour = ready === 'True' ? 'green' : isFailing(each) ? 'red' : 'yellow'
    const { keyCount, lastChangeTime } = status.target ?? {}
    const versions = status.secrets.map(({ key, versionId = '?' }) => `${key}@${versionId}`).join(',')
    const wide = [{ text: stores.map(keyOf).join(',') || '-' }, { text: versions || '-' }, { text: message }]
    return [
      { text: namespace },
      { text: name },
      { text: ready, paint: (text) => paint(colour, text) },
      { text: reason },
      { text: secretNameOf(each) },
      { text: keyCount === undefined ? '-' : String(keyCount) },
      { text: lastChangeTime === undefined ? '-' : agoText(lastChangeTime, nowMs) },
      ...(isWide ? wide : []),
    ]
  })
  return table([header.map((text) => ({ text, paint: (shown: string) => paint('bold', shown) })), ...rows])
}

function pluralOf(kind: string): string {
  return kind.endsWith('s') ? `${kind}es` : `${kind}s`
}
