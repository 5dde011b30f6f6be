import { createHash } from 'node:crypto'
import type { ClientKey } from '@ack-secret-manager/auth-aap'
import { kmsEndpointConnection } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceConnection } from '@ack-secret-manager/backend-kms-instance'
import { oosConnection } from '@ack-secret-manager/backend-oos'
import type { BackendConnection, CredentialProvider, Identity } from '@ack-secret-manager/core'

/** Endpoint and identity of a connection. Endpoints are canonical and allowed. */
export type ConnectionTarget =
  | {
      readonly kind: 'kms-endpoint' | 'oos'
      readonly region: string
      readonly endpoint: string
      readonly provider: CredentialProvider
    }
  | InstanceTarget
  | PluginTarget

/** The endpoint of a KMS instance, with a RAM identity or a client key. */
export interface InstanceTarget {
  readonly kind: 'kms-instance'
  readonly region: string
  readonly endpoint: string
  readonly provider: CredentialProvider | ClientKey
  /** PEM in base64. @default the CA of the region */
  readonly ca?: string
  readonly ignoreSSL: boolean
}

/** A backend from a plug-in package. */
export interface PluginTarget {
  readonly kind: 'plugin'
  readonly package: string
  /** JSON of `spec.plugin.config`; distinguishes connections of one package. */
  readonly config: string
  readonly make: () => BackendConnection
}

/** Creates a connection. Called once for each target in use. */
export type BackendFactory = (target: ConnectionTarget) => BackendConnection

/** Equal for targets with the same endpoint, identity and trusted CA. Holds nothing secret. */
export function targetKey(target: ConnectionTarget): string {
  if (target.kind === 'plugin') return JSON.stringify(['plugin', target.package, digest(target.config)])
  const { kind, endpoint, provider } = target
  const trust = kind === 'kms-instance' ? [target.ignoreSSL, digest(target.ca ?? `region ${target.region}`)] : []
  return JSON.stringify([kind, endpoint, provider.identity.fingerprint, ...trust])
}

/** The default {@link BackendFactory}: the backend packages of this project. */
export function connect(target: ConnectionTarget): BackendConnection {
  switch (target.kind) {
    case 'kms-endpoint': {
      const { region, endpoint, provider } = target
      return kmsEndpointConnection({ region, endpoint, provider })
    }
    case 'oos': {
      const { region, endpoint, provider } = target
      return oosConnection({ region, endpoint, provider })
    }
    case 'kms-instance':
      return kmsInstanceConnection(instanceOptions(target))
    case 'plugin':
      return pluginConnection(target)
  }
}

function instanceOptions({ region, endpoint, provider, ca, ignoreSSL }: InstanceTarget) {
  const common = { region, endpoint, ignoreSSL, ...(ca === undefined ? {} : { ca }) }
  return 'sign' in provider ? { ...common, clientKey: provider } : { ...common, provider }
}

/** Replaces the key and quota account that a plug-in reports, because they could collide with those of other connections. */
function pluginConnection(target: PluginTarget): BackendConnection {
  const { kind, quota, backend } = target.make()
  return {
    key: targetKey(target),
    kind,
    quota: { account: `${target.package} ${quota.account}`, region: quota.region },
    backend,
  }
}

/** The identity that a target reads as; undefined for a plug-in, which manages its own. */
export function identityOfTarget(target: ConnectionTarget): Identity | undefined {
  return target.kind === 'plugin' ? undefined : target.provider.identity
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
