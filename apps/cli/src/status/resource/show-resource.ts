import type { CommandCall } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import {
  clusterExternalSecretState,
  groupFailures,
  isFailing,
  labelOf,
  type LiveExternalSecret,
  type ResourceEvent,
  stateText,
  storeState,
} from '@ack-secret-manager/resource-view'
import { isClusterScoped, resourcePath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../../kube/cluster-reader.ts'
import type { KubeSession } from '../../kube/kube-session.ts'
import { operatorDocument } from '../../kube/operator-state.ts'
import { readEvents } from '../../kube/read-events.ts'
import { selectExternalSecrets, type Selection } from '../../kube/select-external-secrets.ts'
import { printable } from '../../output/printable.ts'
import { type Paint, paintFor } from '../../output/style.ts'
import { causeLines, type TextOptions } from '../overview/overview-text.ts'
import { resourceDocument, storeDocument } from '../overview/overview-document.ts'
import { countsOf } from '../overview/read-overview.ts'
import type { STATUS_FLAGS } from '../status-flags.ts'
import { detailsText, eventsTable, storeText } from './details-text.ts'
import { type Details, readDetails } from './read-details.ts'
import { jsonText } from '../../output/json-text.ts'

type Call = CommandCall<typeof STATUS_FLAGS>

/** Shows all about one resource. */
export async function showResource(
  call: Call,
  { reader, namespace: context }: KubeSession,
  { end, ...selection }: Selection & { readonly end: () => void },
) {
  const { ref } = selection
  if (ref === undefined) throw new TypeError('showResource: no resource is named')
  const namespace = isClusterScoped(ref.kind) ? '' : (selection.namespace ?? context)
  const selected = await selectExternalSecrets(reader, selection, context)
  const [only] = selected
  const scope = { namespace, selector: undefined, name: ref.name, shown: selected }
  if (ref.kind === 'ExternalSecret' && only) {
    const details = await readDetails(reader, only, call.flags['operator-namespace'])
    end()
    printDetails(details, call, reader.notes)
    return { isFine: !isFailing(only), ...scope }
  }
  const owner = { ...ref, namespace }
  const [object, events] = await Promise.all([
    reader.get(resourcePath(ref.kind, namespace, ref.name), labelOf(owner)),
    readEvents(reader, owner),
  ])
  end()
  const state =
    ref.kind === 'ClusterExternalSecret'
      ? clusterExternalSecretState(object)
      : storeState(storeKindOf(ref.kind), object)
  printOwner(state, { ...call, selected, events, notes: reader.notes })
  return { isFine: state.ready && !selected.some(isFailing), ...scope }
}

function printDetails(details: Details, { flags, io }: Call, notes: ClusterReader['notes']): void {
  if (flags.output !== 'json') {
    io.stdout.write(detailsText(details, { paint: paintFor(io), nowMs: systemClock.now() }))
    return
  }
  const { resource, secret, stores, events, operator, confirmation } = details
  const document = {
    ...resourceDocument(resource),
    rotationInterval: resource.spec?.rotationInterval,
    keys: secret?.keys,
    generated: resource.status.generated,
    confirmedSecondsAgo: confirmation.kind === 'known' ? confirmation.ageMs / 1_000 : undefined,
    storeStates: stores.map(storeDocument),
    events,
    operator: operatorDocument(operator),
    notes,
  }
  io.stdout.write(jsonText(document))
}

type OwnerState = ReturnType<typeof clusterExternalSecretState> | ReturnType<typeof storeState>

interface OwnerOutput extends Pick<Call, 'flags' | 'io'> {
  readonly selected: readonly LiveExternalSecret[]
  readonly events: readonly ResourceEvent[]
  readonly notes: readonly string[]
}

/** A store or a ClusterExternalSecret, and the ExternalSecrets that belong to it. */
function printOwner(state: OwnerState, { flags, io, selected, events, notes }: OwnerOutput): void {
  const counts = countsOf(selected)
  if (flags.output === 'json') {
    const document = state.kind === 'ClusterExternalSecret' ? state : storeDocument(state)
    io.stdout.write(jsonText({ ...document, externalSecrets: counts, events, notes }))
    return
  }
  const [paint, nowMs] = [paintFor(io), systemClock.now()]
  const head =
    state.kind === 'ClusterExternalSecret' ? `${labelOf(state)}: ${stateText(state)}` : storeText(state, nowMs)
  const failed = state.kind === 'ClusterExternalSecret' ? state.failed : []
  const lines = [
    `${markOf(state, paint)} ${printable(head)}`,
    ...failed.map(({ namespace, reason = '' }) => `    ${printable(`${namespace}: ${reason}`)}`),
    `${counts.total} ${counts.total === 1 ? 'ExternalSecret' : 'ExternalSecrets'}: ${counts.ready} ready, ${counts.notReady} not ready, ${counts.suspended} suspended`,
    ...failingLines(selected, { paint, nowMs, isWide: flags.output === 'wide' }),
  ]
  io.stdout.write(`${lines.join('\n')}\n${eventsTable(events, nowMs, paint)}`)
}

function markOf(state: OwnerState, paint: Paint): string {
  if (!state.ready) return paint('red', '✗')
  return 'outage' in state && state.outage !== undefined ? paint('yellow', '!') : paint('green', '✓')
}

/** The failing ExternalSecrets by cause. */
function failingLines(selected: readonly LiveExternalSecret[], options: TextOptions): readonly string[] {
  const groups = groupFailures({ all: selected, stores: new Map(), workloads: [] })
  return causeLines(groups, options)
}

function storeKindOf(kind: string): 'SecretStore' | 'ClusterSecretStore' {
  return kind === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore'
}
