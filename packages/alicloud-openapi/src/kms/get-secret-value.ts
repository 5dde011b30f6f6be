import type { CredentialProvider, SecretRef } from '@ack-secret-manager/core'
import type { ErrorClassification } from '../error-classification.ts'
import type { OpenApiClient } from '../open-api-client.ts'
import { KMS_ERRORS } from './kms-errors.ts'
import { type KmsSecretResponse, parseKmsSecretResponse } from './secret-response.ts'

/** One GetSecretValue call. */
export interface GetSecretValueCall {
  readonly as: CredentialProvider
  /** The secret, for messages: `KMS secret "app/db"`. */
  readonly what: string
  /** The same with the endpoint. */
  readonly where: string
  /** Adjusts the classification of an error response. */
  readonly explain: (classification: ErrorClassification) => ErrorClassification
  /** Asks whether the read is allowed. The response is an error whose code tells. @default false */
  readonly dryRun?: boolean
  readonly signal: AbortSignal
}

/**
 * Reads one secret through the ordinary API (2016-01-20), which the KMS endpoint and the gateway of an instance serve. A credential
 * that KMS rejects is replaced once.
 * @throws SecretSyncError as {@link OpenApiClient.call}, with the codes of {@link KMS_ERRORS}
 */
export async function getSecretValue(
  client: OpenApiClient,
  ref: SecretRef,
  { as, what, where, explain, dryRun, signal }: GetSecretValueCall,
): Promise<KmsSecretResponse> {
  const { body } = await client.call({
    action: 'GetSecretValue',
    version: '2016-01-20',
    as,
    retryRefused: true,
    params: { ...kmsReadParams(ref), DryRun: dryRun },
    what,
    errors: KMS_ERRORS,
    explain,
    signal,
  })
  return parseKmsSecretResponse(body, where)
}

/** Name, and version id or stage, of a read. */
export function kmsReadParams({ name, versionId, versionStage }: SecretRef): Record<string, string> {
  if (versionId !== undefined) return { SecretName: name, VersionId: versionId }
  return { SecretName: name, VersionStage: versionStage ?? 'ACSCurrent' }
}
