export { type EndpointContext, parseEndpoint, parseRegion } from './endpoint.ts'
export { GATEWAY_ERRORS, verdictOf } from './gateway-verdict.ts'
export type { OpenApiAnswer, OpenApiCall, OpenApiParam } from './open-api-call.ts'
export { OpenApiClient, type OpenApiClientOptions } from './open-api-client.ts'
export { parseRoleArn, type RoleArn } from './sts/role-arn.ts'
export { roleSession, type RoleSession, type RoleSessionOptions } from './sts/role-session.ts'
export {
  type AssumeRoleCall,
  type AssumeRoleWithOidcCall,
  type CallerIdentity,
  defaultStsEndpoint,
  StsClient,
  type StsClientOptions,
} from './sts/sts-client.ts'
export type { ErrorTable, RemoteFailure, Verdict } from './verdict.ts'
