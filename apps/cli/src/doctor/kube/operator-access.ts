import type { KubeClient } from '@ack-secret-manager/k8s-client'
import type { Finding } from '../check.ts'
import { listed } from '../../output/listed.ts'
import { mayServiceAccount, permissionText } from './access-review.ts'
import type { OperatorSettings } from './operator-deployment.ts'
import { neededPermissions } from './operator-permissions.ts'

const SHOWN = 4

/** Whether the operator may do what it needs to. @throws KubeApiError `403` if the user may not ask */
export async function operatorAccessFinding(
  client: KubeClient,
  operator: OperatorSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const { namespace, serviceAccount } = operator
  const who = { namespace, name: serviceAccount }
  const needed = neededPermissions(operator)
  const allowed = await Promise.all(needed.map(({ attributes }) => mayServiceAccount(client, who, attributes, signal)))
  const denied = needed.filter((_one, index) => allowed[index] !== true)
  const missing = denied.filter(({ onlyFor }) => onlyFor === undefined)
  const label = `ServiceAccount ${namespace}/${serviceAccount}`
  if (missing.length > 0) {
    const texts = missing.map(({ attributes }) => permissionText(attributes))
    return {
      status: 'failed',
      detail: `${label} may not ${listed(texts, SHOWN)}`,
      action: 'Apply the roles of this version: helm upgrade, or kubectl apply -f deploy/rbac.yaml',
    }
  }
  const features = [...new Set(denied.map(({ onlyFor }) => onlyFor))]
  const without = features.length === 0 ? '' : `, except what only ${features.join(', ')} need`
  return { status: 'ok', detail: `${label} has all ${needed.length - denied.length} that it needs${without}` }
}
