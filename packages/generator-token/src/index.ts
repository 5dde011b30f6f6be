export {
  containerRegistryToken,
  type ContainerRegistryTokenOptions,
  type RegistryInstance,
} from './container-registry-token.ts'
export { getAuthorizationToken, type RegistryToken } from './container-registry.ts'
export { type RegistryDefaults, registryEndpointIn } from './registry-endpoint.ts'
export { stsToken, type StsTokenOptions } from './sts-token.ts'
export { TokenCache, type TokenCacheOptions, type TokenCall, type TokenKey } from './token-cache.ts'
export type { TokenIdentity } from './token-identity.ts'
