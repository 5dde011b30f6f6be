import { defined } from '@ack-secret-manager/core'
import { type ClusterExternalSecretStatus, LIMITS } from '@ack-secret-manager/resources'
import { type Readiness, readyStatus, type StatusChange } from '../../status/ready-status.ts'
import type { NamespaceSummary } from './namespace-summary.ts'

/** Input of {@link clusterExternalSecretStatus} in addition to the summary. */
export interface ClusterExternalSecretStatusInput {
  readonly generation: number
  /** Name of the ExternalSecrets; undefined if the spec is invalid. */
  readonly externalSecretName: string | undefined
  /** Error in the spec. */
  readonly problem: string | undefined
  /** The current status. */
  readonly old: ClusterExternalSecretStatus | undefined
  readonly nowMs: number
}

/** Limit of namespaces listed in a message. */
const MAX_NAMES = 5

/**
 * The new status of a ClusterExternalSecret, or undefined if it is unchanged. Pure.
 * @param summary undefined if the spec is invalid: the lists are kept
 */
export function clusterExternalSecretStatus(
  summary: NamespaceSummary | undefined,
  facts: ClusterExternalSecretStatusInput,
): StatusChange | undefined {
  const { generation, externalSecretName, old } = facts
  const name = externalSecretName ?? old?.externalSecretName
  const content = {
    observedGeneration: generation,
    ...defined({ externalSecretName: name }),
    provisionedNamespaces: (summary?.provisioned ?? old?.provisionedNamespaces ?? []).slice(
      0,
      LIMITS.provisionedNamespaces,
    ),
    failedNamespaces: (summary?.failed ?? old?.failedNamespaces ?? []).slice(0, LIMITS.failedNamespaces),
  }
  return readyStatus(content, clusterExternalSecretReadiness(summary, facts), facts)
}

/** The Ready condition of the new status. Pure. @param summary undefined if the spec is invalid */
export function clusterExternalSecretReadiness(
  summary: NamespaceSummary | undefined,
  { problem, externalSecretName }: Pick<ClusterExternalSecretStatusInput, 'problem' | 'externalSecretName'>,
): Readiness {
  if (!summary || problem !== undefined) return { status: 'False', reason: 'InvalidSpec', message: problem ?? '' }
  const { provisioned, failed, pending, waiting } = summary
  const what = `ExternalSecret ${externalSecretName}`
  const [first] = failed
  if (first) {
    const names = failed.slice(0, MAX_NAMES).map(({ namespace }) => namespace)
    const list = `${names.join(', ')}${failed.length > names.length ? ', …' : ''}`
    const message = `${what} failed in ${namespaces(failed.length)} (${list}): ${first.reason ?? ''}`
    return { status: 'False', reason: 'Degraded', message: `${message}${cut(summary)}` }
  }
  if (pending.length > 0) {
    const progress = `${what} is being created: ${namespaces(pending.length)} pending, ${provisioned.length} done`
    return {
      status: 'Unknown',
      reason: 'Progressing',
      message: waiting === undefined ? progress : `${progress}; ${waiting}`,
    }
  }
  if (provisioned.length === 0) {
    return {
      status: 'True',
      reason: 'NoNamespace',
      message: 'no namespace matches; the ExternalSecret is created once one does',
    }
  }
  return {
    status: 'True',
    reason: 'Provisioned',
    message: `${what} is in ${namespaces(provisioned.length)}${cut(summary)}`,
  }
}

/** Notes that a list of the status is truncated. */
function cut({ provisioned, failed }: NamespaceSummary): string {
  const isCut = provisioned.length > LIMITS.provisionedNamespaces || failed.length > LIMITS.failedNamespaces
  const limits = `${LIMITS.provisionedNamespaces} and ${LIMITS.failedNamespaces}`
  return isCut ? `; the lists in this status are truncated after ${limits} namespaces` : ''
}

function namespaces(count: number): string {
  return count === 1 ? '1 namespace' : `${count} namespaces`
}
