export { MAX_OIDC_TOKEN_LENGTH, type OidcTokenSource, withClaims } from './oidc-token.ts'
export { type RrsaOptions, rrsaProvider } from './rrsa-provider.ts'
export {
  serviceAccountToken,
  type ServiceAccountTokenOptions,
  type ServiceAccountTokenRequest,
} from './service-account-token.ts'
export { tokenFile } from './token-file.ts'
