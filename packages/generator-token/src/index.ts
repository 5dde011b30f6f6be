export {
  containerRegistryToken,
  type ContainerRegistryTokenOptions,
  registryDocument,
  type RegistryInstance,
} from './container-registry-token.ts'
export { getAuthorizationToken, type RegistryCredential, type RegistryToken } from './container-registry.ts'
export { type RegistryDefaults, registryEndpointIn } from './registry-endpoint.ts'
export { sessionDocument, stsToken, type StsTokenOptions } from './sts-token.ts'
export { type CachedToken, TokenCache, type TokenCacheOptions, type TokenCall, type TokenKey } from './token-cache.ts'
export type { TokenIdentity } from './token-identity.ts'
