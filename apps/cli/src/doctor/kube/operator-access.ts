import { Semaphore } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import type { Finding } from '../check.ts'
import { listed } from '../../output/listed.ts'
import { mayServiceAccount, permissionText } from './access-review.ts'
import type { OperatorSettings } from './operator-deployment.ts'
import { MAX_NAMESPACES, neededPermissions } from './operator-permissions.ts'

const SHOWN = 4
const SHOWN_NAMESPACES = 10
const CONCURRENT_REVIEWS = 32

/** Whether the operator may do what it needs to. @throws KubeApiError `403` if the user may not ask */
export async function operatorAccessFinding(
  client: KubeClient,
  operator: OperatorSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const { namespace, serviceAccount, watchNamespaces } = operator
  const who = { namespace, name: serviceAccount }
  const needed = neededPermissions(operator)
  const slots = new Semaphore(CONCURRENT_REVIEWS)
  const allowed = await Promise.all(
    needed.map(({ attributes }) => slots.run(() => mayServiceAccount(client, who, attributes, signal))),
  )
  const denied = needed.filter((_one, index) => allowed[index] !== true)
  const missing = denied.filter(({ onlyFor }) => onlyFor === undefined)
  const label = `ServiceAccount ${namespace}/${serviceAccount}`
  if (missing.length > 0) {
    const texts = missing.map(({ attributes }) => permissionText(attributes))
    const namespaces = [...new Set(missing.map(({ attributes }) => attributes.namespace))].filter((name) => name !== '')
    const where = namespaces.length > 1 ? `; affected namespaces: ${listed(namespaces, SHOWN_NAMESPACES)}` : ''
    return {
      status: 'failed',
      detail: `${label} may not ${listed(texts, SHOWN)}${where}`,
      action: 'Apply the roles of this version: helm upgrade, or kubectl apply -f deploy/rbac.yaml',
    }
  }
  const features = [...new Set(denied.map(({ onlyFor }) => onlyFor))]
  const without = features.length === 0 ? '' : `, except what only ${features.join(', ')} need`
  const unchecked = watchNamespaces.length - MAX_NAMESPACES
  const rest = unchecked > 0 ? `; ${unchecked} more watched namespaces were not checked` : ''
  return { status: 'ok', detail: `${label} has all ${needed.length - denied.length} that it needs${without}${rest}` }
}
