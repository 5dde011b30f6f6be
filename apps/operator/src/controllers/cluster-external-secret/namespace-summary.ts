import { defined } from '@ack-secret-manager/core'
import { type ClusterExternalSecretStatus, type FailedNamespace, LIMITS } from '@ack-secret-manager/resources'
import type { NamespacePlan } from './namespace-plan.ts'

/** Result of a ClusterExternalSecret in its namespaces, sorted by name. */
export interface NamespaceSummary {
  readonly provisioned: readonly string[]
  readonly failed: readonly FailedNamespace[]
  /** Namespaces with an outstanding write that has not failed. */
  readonly pending: readonly string[]
  /** A namespace among them that has to wait, and why. */
  readonly waiting?: string
}

/** Whether a plan needs a request to the API server. */
export function needsWrite({ step }: NamespacePlan): boolean {
  return step.kind === 'create' || step.kind === 'update' || step.kind === 'retain' || step.kind === 'delete'
}

/** Summarizes the plans of all namespaces. */
export function summarize(
  plans: Iterable<readonly [namespace: string, plan: NamespacePlan]>,
  failures: ReadonlyMap<string, string>,
): NamespaceSummary {
  const provisioned: string[] = []
  const failed: FailedNamespace[] = []
  const pending: string[] = []
  let waiting: string | undefined
  for (const [namespace, plan] of plans) {
    const { step } = plan
    const reason = step.kind === 'refuse' ? step.reason : needsWrite(plan) ? failures.get(namespace) : undefined
    if (reason !== undefined) {
      failed.push({ namespace, reason: reason.slice(0, LIMITS.failureReason) })
      continue
    }
    if (plan.provisioned) provisioned.push(namespace)
    if (needsWrite(plan) || step.kind === 'wait') pending.push(namespace)
    if (step.kind === 'wait') waiting ??= `${namespace}: ${step.reason}`
  }
  return sorted({ provisioned, failed, pending, ...defined({ waiting }) })
}

/** Keeps the entries of other operators that manage other namespaces of this cluster, since they share the status. */
export function withOtherOperators(
  { provisioned, failed, ...rest }: NamespaceSummary,
  old: ClusterExternalSecretStatus | undefined,
  isOthers: (namespace: string) => boolean,
): NamespaceSummary {
  return sorted({
    provisioned: [...provisioned, ...(old?.provisionedNamespaces ?? []).filter(isOthers)],
    failed: [...failed, ...(old?.failedNamespaces ?? []).filter(({ namespace }) => isOthers(namespace))],
    ...rest,
  })
}

function sorted({ provisioned, failed, ...rest }: NamespaceSummary): NamespaceSummary {
  return {
    provisioned: provisioned.toSorted(),
    failed: failed.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)),
    ...rest,
  }
}
