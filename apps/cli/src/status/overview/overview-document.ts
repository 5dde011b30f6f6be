import { isFailing, type LiveExternalSecret, secretNameOf, type StoreState } from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import { operatorDocument } from '../../kube/operator-state.ts'
import { countsOf, type Overview } from './read-overview.ts'

/** The overview as one JSON document. */
export function overviewDocument(overview: Overview, notes: readonly string[]): object {
  const { resources, groups, stores, clusterExternalSecrets, pushSecrets, operator } = overview
  return {
    externalSecrets: countsOf(resources),
    groups,
    resources: resources.map(resourceDocument),
    stores: stores.map(storeDocument),
    clusterExternalSecrets,
    pushSecrets,
    operator: operatorDocument(operator),
    notes,
  }
}

/** One ExternalSecret, with its status as the API server has it. */
export function resourceDocument(resource: LiveExternalSecret): object {
  const { namespace, name, status, stores, createdBy } = resource
  const { status: ready = 'Unknown', reason = 'Unknown', message = '', lastTransitionTime } = readyOf(status) ?? {}
  return {
    kind: 'ExternalSecret',
    namespace,
    name,
    ready: ready === 'True',
    failing: isFailing(resource),
    reason,
    message,
    since: lastTransitionTime,
    secret: secretNameOf(resource),
    stores,
    createdBy,
    keyCount: status.target?.keyCount,
    lastChangeTime: status.target?.lastChangeTime,
    sources: status.secrets,
  }
}

/** One store. */
export function storeDocument({ kind, namespace, name, ready, reason, message, outage, status }: StoreState): object {
  const { identity, endpoint, provider, clientKeyExpiration } = status
  return { kind, namespace, name, ready, reason, message, outage, provider, endpoint, identity, clientKeyExpiration }
}
