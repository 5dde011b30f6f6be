import type { CredentialProvider, Network, ProxyRoutes } from '@ack-secret-manager/core'
import type { RegistryDefaults } from './registry-endpoint.ts'

/** The identity that gets a token. */
export interface TokenIdentity {
  readonly provider: CredentialProvider
  /** Region of the services, unless the token names another one. */
  readonly region: string
  readonly proxy?: ProxyRoutes
  /** Network of the default endpoints. @default 'vpc' */
  readonly network?: Network
  /** Where Container Registry is called. @default `cr-vpc.{region}.aliyuncs.com`, or `cr.{region}.aliyuncs.com` */
  readonly registry?: RegistryDefaults
  /** STS endpoint in every region. @default that of the region and network */
  readonly stsEndpoint?: string
}
