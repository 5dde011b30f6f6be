export { type ResponseHeaders, clockSkewMs } from './response-headers.ts'
export {
  type ConnectionHints,
  type ConnectionErrorClassification,
  classifyConnectionError,
  outsideVpcHint,
  systemCodeOf,
} from './connection-errors.ts'
export {
  type EndpointContext,
  parseEndpoint,
  parseNetwork,
  parseRegion,
  publicEndpointOf,
  REGION_PATTERN,
  regionalEndpoint,
} from './endpoint.ts'
export { classifyErrorResponse } from './gateway-errors.ts'
export {
  type HttpsResponse,
  HttpsConnection,
  type HttpsConnectionOptions,
  type HttpsRequest,
  type SendOptions,
} from './https-connection.ts'
export { getSecretValue, type GetSecretValueCall } from './kms/get-secret-value.ts'
export { batchGetSecretValue, type BatchGetSecretValueCall, MAX_BATCH_SECRETS } from './kms/batch-get-secret-value.ts'
export { type EventScope, hintMessage, hintsOfMessage, type MessageHints } from './kms-events/hint-message.ts'
export { listSecretsPage } from './kms/list-secrets.ts'
export { KMS_ERRORS } from './kms/kms-errors.ts'
export {
  type KmsSecretResponse,
  parseKmsSecretResponse,
  kmsSecretValue,
  bareSecretName,
} from './kms/secret-response.ts'
export type { OpenApiResponse, OpenApiCall, OpenApiParam } from './open-api-call.ts'
export { OpenApiClient, type OpenApiClientOptions } from './open-api-client.ts'
export { factsSuffix, errorResponseFacts, type ErrorResponse } from './error-response.ts'
export { STS_ERRORS } from './sts/sts-errors.ts'
export { parseRoleArn } from './sts/role-arn.ts'
export { roleSession, type RoleSession, type RoleSessionOptions } from './sts/role-session.ts'
export {
  type AssumeRoleCall,
  type AssumeRoleWithOidcCall,
  type CallerIdentity,
  defaultStsEndpoint,
  StsClient,
  type StsClientOptions,
} from './sts/sts-client.ts'
export { proxyName, proxyOfEndpoint, proxyRoutesOf, proxyServerOf } from './proxy/proxy-routes.ts'
export { type SdkProxy, withSdkProxy } from './proxy/sdk-proxy.ts'
export { openTunnel, type TunnelOptions } from './proxy/tunnel.ts'
export { TLS_OPTIONS } from './tls-options.ts'
export { parseCa } from './trusted-ca.ts'
export {
  type ErrorTable,
  classificationFacts,
  withRequester,
  type RemoteFailure,
  type ErrorClassification,
} from './error-classification.ts'
