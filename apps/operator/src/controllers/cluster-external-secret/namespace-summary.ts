import { type ClusterExternalSecretStatus, type FailedNamespace, LIMITS } from '@ack-secret-manager/resources'
import type { NamespacePlan } from './namespace-plan.ts'

/** How a ClusterExternalSecret fares in its namespaces; in order of their names. */
export interface Tally {
  readonly provisioned: readonly string[]
  readonly failed: readonly FailedNamespace[]
  /** Namespaces in which something is to be done, and has not failed yet. */
  readonly pending: readonly string[]
}

/** Whether a plan asks the API server for something. */
export function isWork({ step }: NamespacePlan): boolean {
  return step.kind === 'create' || step.kind === 'update' || step.kind === 'delete'
}

/** Counts the plans of all namespaces. */
export function tallyOf(
  plans: Iterable<readonly [namespace: string, plan: NamespacePlan]>,
  failures: ReadonlyMap<string, string>,
): Tally {
  const provisioned: string[] = []
  const failed: FailedNamespace[] = []
  const pending: string[] = []
  for (const [namespace, plan] of plans) {
    const { step } = plan
    const reason = step.kind === 'refuse' ? step.reason : isWork(plan) ? failures.get(namespace) : undefined
    if (reason !== undefined) {
      failed.push({ namespace, reason: reason.slice(0, LIMITS.failureReason) })
      continue
    }
    if (plan.provisioned) provisioned.push(namespace)
    if (isWork(plan) || step.kind === 'wait') pending.push(namespace)
  }
  return sorted({ provisioned, failed, pending })
}

/**
 * The same with what another operator has told of its namespaces: several may share a cluster, each with some namespaces, and
 * there is one status.
 */
export function withOthers(
  { provisioned, failed, pending }: Tally,
  old: ClusterExternalSecretStatus | undefined,
  isOthers: (namespace: string) => boolean,
): Tally {
  return sorted({
    provisioned: [...provisioned, ...(old?.provisionedNamespaces ?? []).filter(isOthers)],
    failed: [...failed, ...(old?.failedNamespaces ?? []).filter(({ namespace }) => isOthers(namespace))],
    pending,
  })
}

function sorted({ provisioned, failed, pending }: Tally): Tally {
  return {
    provisioned: provisioned.toSorted(),
    failed: failed.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)),
    pending,
  }
}
