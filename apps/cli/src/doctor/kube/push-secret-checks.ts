import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { keyOf, resourcesPath } from '@ack-secret-manager/resource-view'
import { pushSecretStatusSchema } from '@ack-secret-manager/resources'
import type { Check, Finding } from '../check.ts'
import { listed } from '../../output/listed.ts'
import { findingsByResource, isOverdue, type Trouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll } from './kube-reads.ts'

interface PushResource extends KubeObject {
  readonly status?: unknown
}

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
  const [fine, silent]: [string[], string[]] = [[], []]
  for (const resource of resources) {
    const { namespace = '', name = '' } = resource.metadata
    const status = pushSecretStatusSchema.safeParse(resource.status ?? {}).data
    const ready = status?.conditions.find(({ type }) => type === 'Ready')
    if (ready?.status === 'False') troubles.push(troubleOf('PushSecret', { namespace, name }, ready))
    else if (ready !== undefined) fine.push(name)
    else if (isOverdue(resource, nowMs)) silent.push(keyOf({ namespace, name }))
  }
  return [
    ...(fine.length > 0 || resources.length === 0 ? [{ status: 'ok', detail: `${fine.length} Synced` } as const] : []),
    ...findingsByResource(troubles, 'PushSecret'),
    ...(silent.length === 0 ? [] : [silentFinding(silent)]),
  ]
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${listed(names)}`,
    action: 'Start the operator with --process-push-secret (chart value command.processPushSecret)',
    resources: names,
  }
}
