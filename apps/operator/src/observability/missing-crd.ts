import { isKubeApiError, KubeApiError } from '@ack-secret-manager/k8s-client'
import { GROUP } from '@ack-secret-manager/resources'

const COLLECTION = new RegExp(`^/apis/${GROUP.replace('.', String.raw`\.`)}/[^/]+/(?:namespaces/[^/]+/)?([a-z]+)$`)

/** The error of a list or watch whose CustomResourceDefinition is not installed; undefined for any other failure. */
export function missingCrd(path: string, error: unknown): KubeApiError | undefined {
  const [, plural] = COLLECTION.exec(path) ?? []
  if (plural === undefined || !isKubeApiError(error, 404)) return undefined
  return new KubeApiError(
    `CustomResourceDefinition ${plural}.${GROUP} is not installed; install it with helm upgrade, or with acksm crds | kubectl apply --server-side -f -`,
    { status: 404, reason: error.reason, causes: [] },
  )
}
