import { createHash } from 'node:crypto'
import type { ClientKey } from '@ack-secret-manager/auth-aap'
import { kmsEndpointConnection } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceConnection } from '@ack-secret-manager/backend-kms-instance'
import { oosConnection } from '@ack-secret-manager/backend-oos'
import type { BackendConnection, CredentialProvider, Identity } from '@ack-secret-manager/core'

/** Where and as whom to connect. Endpoints are canonical and allowed. */
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

/** A backend of somebody else. */
export interface PluginTarget {
  readonly kind: 'plugin'
  readonly package: string
  /** What tells connections of the package apart. */
  readonly config: string
  readonly make: () => BackendConnection
}

/** Makes a connection. Called once for each target that is in use. */
export type BackendFactory = (target: ConnectionTarget) => BackendConnection

/** Equal for targets that lead to the same place as the same identity, and trust the same. Holds nothing secret. */
export function targetKey(target: ConnectionTarget): string {
  if (target.kind === 'plugin') return JSON.stringify(['plugin', target.package, digest(target.config)])
  const { kind, endpoint, provider } = target
  const trust = kind === 'kms-instance' ? [target.ignoreSSL, digest(target.ca ?? `region ${target.region}`)] : []
  return JSON.stringify([kind, endpoint, provider.identity.fingerprint, ...trust])
}

/** Connects with the packages of this project. */
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

/** A plugin's own key may be that of anybody: under its package and config it means its own reads only. */
function pluginConnection(target: PluginTarget): BackendConnection {
  const { kind, quota, backend } = target.make()
  return {
    key: targetKey(target),
    kind,
    quota: { account: `${target.package} ${quota.account}`, region: quota.region },
    backend,
  }
}

/** Who a target's reads are made as; undefined for a plugin, which alone knows. */
export function identityOfTarget(target: ConnectionTarget): Identity | undefined {
  return target.kind === 'plugin' ? undefined : target.provider.identity
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
