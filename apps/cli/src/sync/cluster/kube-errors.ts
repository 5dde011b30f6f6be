import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'
import { GROUP } from '@ack-secret-manager/resources'

/**
 * Converts errors of the API server.
 * @param what the requested object, for messages
 * @throws SecretSyncError `NotFound` | `AccessDenied` | `Unavailable` …
 */
export async function withKubeErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isSecretSyncError(error) || isKubeApiError(error) ? describedError(what, error) : error
  }
}

/** The error that {@link withKubeErrors} throws. */
export function describedError(what: string, error: SecretSyncError | KubeApiError): SecretSyncError {
  if (isSecretSyncError(error)) {
    return error.code === 'InvalidResponse' ? new SecretSyncError(error.code, `${what}: ${error.message}`) : error
  }
  if (error.status === 404) return new SecretSyncError('NotFound', `${what}: not found`)
  // Such as a label selector that is not one.
  if (error.status === 400) return new SecretSyncError('InvalidSpec', `${what}: ${error.message}`)
  if (error.status === 401) {
    const message = `${what}: ${error.message}; the API server does not accept the credential of the kubeconfig: log in again`
    return new SecretSyncError('AccessDenied', message, { facts: { httpStatus: 401 } })
  }
  if (error.status === 403) return new SecretSyncError('AccessDenied', `${what}: ${error.message}`)
  return new SecretSyncError('Unavailable', `${what}: ${error.message}`)
}

/** Which object to read. */
export interface ReadOptions {
  readonly path: string
  /** The object, for messages. */
  readonly what: string
  readonly signal: AbortSignal
  /** Media type of the response. @default the whole object as JSON */
  readonly accept?: string
}

/** Reads one object. @throws SecretSyncError as {@link withKubeErrors} */
export async function readObject<T extends KubeObject = KubeObject>(
  client: KubeClient,
  { path, what, ...options }: ReadOptions,
): Promise<T> {
  return withKubeErrors(what, () =>
    client.get<T>(path, options).catch((error: unknown) => {
      throw isUnknownGroup(error) && path.startsWith(`/apis/${GROUP}/`) ? missingCrds() : error
    }),
  )
}

/** The error for an object of this API group in a cluster without its CRDs. */
export function missingCrds(): SecretSyncError {
  const how = 'install them with: acksm crds | kubectl apply --server-side -f -'
  return new SecretSyncError('NotFound', `the cluster does not have the CRDs of ack-secret-manager; ${how}`)
}

/** For a missing object the API server responds with a Status and its reason, for an unknown group with plain text. */
function isUnknownGroup(error: unknown): boolean {
  return isKubeApiError(error, 404) && error.reason === ''
}
