import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'

/**
 * Converts errors of the API server.
 * @param what the requested object, for messages
 * @throws SecretSyncError `NotFound` | `AccessDenied` | `Unavailable` …
 */
export async function withKubeErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isSecretSyncError(error) && error.code === 'InvalidResponse') {
      throw new SecretSyncError('InvalidResponse', `${what}: ${error.message}`)
    }
    if (!isKubeApiError(error)) throw error
    if (error.status === 404) throw new SecretSyncError('NotFound', `${what}: not found`)
    // Such as a label selector that is not one.
    if (error.status === 400) throw new SecretSyncError('InvalidSpec', `${what}: ${error.message}`)
    if (error.status === 401 || error.status === 403) {
      throw new SecretSyncError('AccessDenied', `${what}: ${error.message}`)
    }
    throw new SecretSyncError('Unavailable', `${what}: ${error.message}`)
  }
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

/** Reads one object. @throws SecretSyncError as {@link withKubeErrors}; `InvalidResponse` if the response is none */
export async function readObject<T extends KubeObject = KubeObject>(
  client: KubeClient,
  { path, what, ...options }: ReadOptions,
): Promise<T> {
  return withKubeErrors(what, async () => {
    const body = await client.get<Partial<T> | null>(path, options)
    if (typeof body?.metadata === 'object' && body.metadata !== null) return body as T
    throw new SecretSyncError('InvalidResponse', 'the API server did not respond with an object')
  })
}
