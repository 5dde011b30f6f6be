import { defined, messageWithRequestId, type SecretSyncError } from '@ack-secret-manager/core'
import { KmsManagement } from '@ack-secret-manager/kms-management'
import { type CloudRequest, type CloudWithIdentity, openCloud } from './open-cloud.ts'
import { kmsEndpointOf } from './service-endpoints.ts'

/** KMS for commands that list and change secrets. Must be closed. */
export interface OpenedManagement extends CloudWithIdentity {
  readonly endpoint: string
  readonly kms: KmsManagement
}

/** A {@link CloudRequest} for KMS. */
export interface ManagementRequest extends CloudRequest {
  /** Called before a call is repeated. @default logs it for debugging */
  readonly onRetry?: (error: SecretSyncError) => void
}

/** Opens KMS at the endpoint and with the identity of the flags. Sends no request to KMS. @throws InputError | UsageError | SecretSyncError */
export async function openManagement(request: ManagementRequest): Promise<OpenedManagement> {
  const cloud = await openCloud(request)
  try {
    const endpoint = kmsEndpointOf(request.flags, cloud.region)
    const kms = new KmsManagement({
      endpoint,
      provider: cloud.identity,
      ...defined({ proxy: cloud.proxy }),
      timeoutMs: request.flags.timeout,
      // The deadline decides, not the number of attempts.
      attempts: Number.MAX_SAFE_INTEGER,
      onRetry: request.onRetry ?? ((error) => request.log.debug(`${messageWithRequestId(error)}; retrying`)),
    })
    return {
      ...cloud,
      endpoint,
      kms,
      close: async () => {
        await kms.close()
        await cloud.close()
      },
    }
  } catch (error) {
    await cloud.close()
    throw error
  }
}
