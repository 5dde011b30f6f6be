import type { KmsSecretResponse, ErrorClassification } from '@ack-secret-manager/alicloud-openapi'
import type { SecretRef } from '@ack-secret-manager/core'

/** Options of {@link SecretReader.ask}. */
export interface AskOptions {
  /** What is read, for messages: `KMS secret "app/db"`. */
  readonly what: string
  /** The same with the endpoint. */
  readonly where: string
  readonly signal: AbortSignal
}

/** Names who asked in what an error answer means. */
export type Explain = (classification: ErrorClassification) => ErrorClassification

/** Asks one gateway for values, as one identity. */
export interface SecretReader {
  /** One attempt. @throws SecretSyncError */
  ask(ref: SecretRef, options: AskOptions): Promise<KmsSecretResponse>
  close(): Promise<void>
}
