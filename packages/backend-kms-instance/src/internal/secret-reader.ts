import type { KmsSecretResponse, ErrorClassification } from '@ack-secret-manager/alicloud-openapi'
import type { SecretRef } from '@ack-secret-manager/core'

export interface RequestOptions {
  /** The secret, for messages: `KMS secret "app/db"`. */
  readonly what: string
  /** The same with the endpoint. */
  readonly where: string
  readonly signal: AbortSignal
}

/** Names the identity in the classification of an error response. */
export type Explain = (classification: ErrorClassification) => ErrorClassification

/** Reads values from one gateway with one identity. */
export interface SecretReader {
  /** One attempt. @throws SecretSyncError */
  request(ref: SecretRef, options: RequestOptions): Promise<KmsSecretResponse>
  close(): Promise<void>
}
