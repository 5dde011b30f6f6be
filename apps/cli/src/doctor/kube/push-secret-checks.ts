import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { keyOf } from '@ack-secret-manager/resource-view'
import { PUSH_FINALIZER, pushSecretStatusSchema, readyOf, resourcesPath } from '@ack-secret-manager/resources'
import type { Check, Finding } from '../check.ts'
import { listed } from '../../output/listed.ts'
import { findingsByResource, isOverdue, type Trouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll } from './kube-reads.ts'

interface PushResource extends KubeObject {
  readonly status?: unknown
}

/** The operator releases a deleted PushSecret sooner, or reports why not. */
const RELEASE_MS = 300_000

/** Conditions of PushSecrets. */
export function pushSecretChecks({ client, scope, nowMs }: KubeContext): readonly Check[] {
  return [
    {
      id: 'kube.pushsecrets',
      section: 'Resources',
      title: 'PushSecrets',
      needs: [USER_ACCESS, CRDS],
      timeoutMs: 30_000,
      action: 'Check the API server',
      run: (signal) =>
        ifPermitted('list pushsecrets', async () => {
          const { items } = await listAll<PushResource>(client, resourcesPath('PushSecret', scope.namespace), signal)
          return pushSecretFindings(items, nowMs())
        }),
    },
  ]
}

/** Findings of PushSecrets. Pure. */
export function pushSecretFindings(resources: readonly PushResource[], nowMs: number): readonly Finding[] {
  const troubles: Trouble[] = []
  const [fine, silent, waiting]: [string[], string[], string[]] = [[], [], []]
  for (const resource of resources) {
    const { namespace = '', name = '' } = resource.metadata
    const status = pushSecretStatusSchema.safeParse(resource.status ?? {}).data
    const ready = readyOf(status)
    if (waitsForOperator(resource, nowMs)) waiting.push(keyOf({ namespace, name }))
    else if (ready?.status === 'False') troubles.push(troubleOf('PushSecret', { namespace, name }, ready))
    else if (ready !== undefined) fine.push(name)
    else if (isOverdue(resource, nowMs)) silent.push(keyOf({ namespace, name }))
  }
  return [
    ...(fine.length > 0 || resources.length === 0 ? [{ status: 'ok', detail: `${fine.length} Synced` } as const] : []),
    ...findingsByResource(troubles, 'PushSecret'),
    ...(silent.length === 0 ? [] : [silentFinding(silent)]),
    ...(waiting.length === 0 ? [] : [waitingFinding(waiting)]),
  ]
}

/** Whether only the finalizer keeps a deleted PushSecret, and the operator has not reported why. */
function waitsForOperator({ metadata, status }: PushResource, nowMs: number): boolean {
  const { deletionTimestamp, finalizers = [] } = metadata
  if (deletionTimestamp === undefined || !Array.isArray(finalizers) || !finalizers.includes(PUSH_FINALIZER))
    return false
  const reasons = pushSecretStatusSchema.safeParse(status ?? {}).data?.conditions.map(({ reason }) => reason) ?? []
  return nowMs - Date.parse(deletionTimestamp) > RELEASE_MS && !reasons.includes('DeletionFailed')
}

function waitingFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} deleted, but the operator does not release: ${listed(names)}`,
    action:
      'Start the operator with --process-push-secret, or leave their secrets in KMS: acksm release NAME -n NAMESPACE',
    resources: names,
  }
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${listed(names)}`,
    action: 'Start the operator with --process-push-secret (chart value command.processPushSecret)',
    resources: names,
  }
}
