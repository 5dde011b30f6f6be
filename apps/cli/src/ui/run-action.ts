import { isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { liveExternalSecret } from '@ack-secret-manager/resource-view'
import { resourcePath } from '@ack-secret-manager/resources'
import type { ActionRequest, ActionResult } from '@ack-secret-manager/ui'
import { ClusterReader } from '../kube/cluster-reader.ts'
import type { ChangeResult } from '../kube/print-changes.ts'
import { requestRefresh } from '../refresh/request-refresh.ts'
import { changeSuspended } from '../suspend/change-suspended.ts'

const TIMEOUT_MS = 30_000

/** Changes a resource for the page as `acksm refresh`, `suspend` and `resume` do. The API server checks the permissions of the user. */
export function actionRunner(
  client: KubeClient,
): (request: ActionRequest, signal: AbortSignal) => Promise<ActionResult> {
  return async ({ action, namespace, name, uid }, stopping) => {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(TIMEOUT_MS)])
    const reader = new ClusterReader({ client, signal })
    try {
      const path = resourcePath('ExternalSecret', namespace, name)
      const resource = liveExternalSecret(await reader.get(path, `ExternalSecret ${namespace}/${name}`))
      if (resource.metadata.uid !== uid) return { result: 'refused', message: 'was deleted and created again' }
      if (action !== 'refresh') {
        const [result] = await changeSuspended(action, [resource], { reader, isDryRun: false })
        return resultOf(result)
      }
      const value = new Date(systemClock.now()).toISOString()
      const { results } = await requestRefresh(reader, [resource], value)
      return results[0] === undefined ? { result: 'done', message: 'refresh requested' } : resultOf(results[0])
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return { result: 'failed', message: error.message }
    }
  }
}

function resultOf(result: ChangeResult | undefined): ActionResult {
  if (result === undefined) return { result: 'failed', message: 'was not changed' }
  return { result: result.result, message: result.message }
}
