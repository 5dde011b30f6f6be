import { isSecretSyncError } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  collectionPath,
  leaderFirst,
  metricsPathOf,
  OPERATOR_SELECTOR,
  type OperatorState,
  severalText,
} from '@ack-secret-manager/resource-view'
import type { ClusterReader } from './cluster-reader.ts'

/** The leader and its standbys. */
const MAX_PODS = 3
const SCRAPE_TIMEOUT_MS = 10_000

/** When the values of an ExternalSecret were last confirmed by a read. */
export type Confirmation =
  | { readonly kind: 'known'; readonly ageMs: number }
  /** `why` is the end of a sentence. */
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * Reads the metrics of the operator through the API server. Never fails: the metrics are optional. Asks no Pod of a namespace that is
 * not confirmed, because the request has the rights of the user.
 */
export async function readConfirmation(
  reader: ClusterReader,
  { leases, home }: OperatorState,
  resource: { readonly namespace: string; readonly name: string },
): Promise<Confirmation> {
  if (home.kind === 'none') return unknown('no operator was found; use --operator-namespace')
  if (home.kind === 'several') return unknown(severalText(home.namespaces))
  if (!home.confirmed) {
    return unknown(`namespace ${home.namespace} is not confirmed as that of the operator; use --operator-namespace`)
  }
  const path = collectionPath('/api/v1/pods', home.namespace)
  const pods = await reader.listUnlessForbidden(path, 'Pods of the operator', { labelSelector: OPERATOR_SELECTOR })
  if (pods === undefined) return unknown('you may not list the Pods of the operator')
  if (pods.length === 0) return unknown('no Pod of the operator was found')
  const holder = leases.find(({ isHeld }) => isHeld)?.holder ?? ''
  const inOrder = leaderFirst(pods, holder).slice(0, MAX_PODS)
  let last: Confirmation = unknown('no Pod of the operator has metrics')
  for (const pod of inOrder) {
    last = await confirmationFrom(reader, pod, resource)
    if (last.kind === 'known') return last
  }
  return last
}

/** Metrics of the Pods of a confirmed operator, or why there are none. */
export async function metricsPages(reader: ClusterReader, namespace: string): Promise<readonly string[] | string> {
  const path = collectionPath('/api/v1/pods', namespace)
  const pods = await reader.listUnlessForbidden(path, 'Pods of the operator', { labelSelector: OPERATOR_SELECTOR })
  if (pods === undefined) return 'you may not list the Pods of the operator'
  const pages: string[] = []
  let why = 'no Pod of the operator was found'
  for (const pod of pods.slice(0, MAX_PODS)) {
    const what = `metrics of Pod ${namespace}/${pod.metadata.name}`
    try {
      // oxlint-disable-next-line no-await-in-loop -- few Pods
      pages.push(await reader.text(metricsPathOf(pod), what, SCRAPE_TIMEOUT_MS))
    } catch (error) {
      if (!isSecretSyncError(error) || reader.signal.aborted) throw error
      why = error.code === 'AccessDenied' ? 'you may not get pods/proxy of the operator' : error.message
    }
  }
  return pages.length === 0 ? why : pages
}

/** Age in the metrics of single resources; undefined if the page has none of this resource. Pure. */
export function sourceAgeMs(
  page: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): number | undefined {
  for (const [, labels = '', value] of page.matchAll(/^acksm_resource_source_age_seconds\{([^}]*)\} (\S+)$/gm)) {
    if (labels.includes(`namespace="${namespace}"`) && /(?:^|,)name="([^"]*)"/.exec(labels)?.[1] === name)
      return Number(value) * 1_000
  }
  return undefined
}

async function confirmationFrom(
  reader: ClusterReader,
  pod: KubeObject,
  resource: { readonly namespace: string; readonly name: string },
): Promise<Confirmation> {
  const { namespace = '', name = '' } = pod.metadata
  try {
    const page = await reader.text(metricsPathOf(pod), `metrics of Pod ${namespace}/${name}`, SCRAPE_TIMEOUT_MS)
    const ageMs = sourceAgeMs(page, resource)
    if (ageMs !== undefined) return { kind: 'known', ageMs }
    const hasResources = page.includes('acksm_resource_ready')
    return unknown(
      hasResources ? 'the operator has not read its secrets yet' : 'the operator runs without --metrics-per-resource',
    )
  } catch (error) {
    if (!isSecretSyncError(error) || reader.signal.aborted) throw error
    if (error.code === 'AccessDenied') return unknown('you may not get pods/proxy of the operator')
    return unknown(error.message)
  }
}

function unknown(why: string): Confirmation {
  return { kind: 'unknown', why }
}
