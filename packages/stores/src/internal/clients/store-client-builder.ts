import { parseInstanceEndpoint } from '@ack-secret-manager/backend-kms-instance'
import {
  type BackendConnection,
  type CredentialProvider,
  errorKind,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'
import {
  type DedicatedKmsAuth,
  type KmsStore,
  type OosStore,
  type PluginStore,
  ramIdentityOf,
} from '@ack-secret-manager/resources'
import type { EndpointAllowList } from '../../endpoint-allow-list.ts'
import { ramAuthOf, storeLabel, type StoreResource } from '../../store-references.ts'
import type { ClientKeys } from '../credentials/client-keys.ts'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import type { ConnectionTarget, InstanceTarget } from '../connections/connection-target.ts'
import { type Asker, locate, readCredential, type ReadSecretKey, withField } from '../credentials/credential-reader.ts'
import type { DefaultEndpoints } from '../connections/default-endpoints.ts'
import type { ExtraEndpoints } from '../connections/endpoint-quota.ts'
import type { IdentityBuilder } from '../credentials/identity-builder.ts'
import type { Hold } from '../connections/ref-counted.ts'
import { ramTarget, StoreAccess, type StoreAccessOptions } from './store-client.ts'

/** Makes a backend of a package. May throw: the store is then not ready, and nobody else is harmed. */
export type ResolvePlugin = (packageName: string, config: Readonly<Record<string, unknown>>) => BackendConnection

/** Options of {@link StoreBuilder}. */
export interface StoreBuilderOptions {
  readonly pool: ConnectionPool
  readonly clientKeys: ClientKeys
  readonly extraEndpoints: ExtraEndpoints
  readonly allowList: EndpointAllowList
  readonly endpoints: DefaultEndpoints
  readonly identities: IdentityBuilder
  readonly readSecretKey: ReadSecretKey
  readonly resolvePlugin: ResolvePlugin | undefined
  readonly clusterPluginsOnly: boolean
  readonly enableCrossNamespaceAuthRef: boolean
}

type Way = Omit<StoreAccessOptions, 'pool' | 'extraEndpoints' | 'allowList'>

/** From a store to the way in that it gives. */
export class StoreBuilder {
  readonly #options: StoreBuilderOptions

  constructor(options: StoreBuilderOptions) {
    this.#options = options
  }

  /**
   * Looks credentials up and connects, in this order: where it must not go, no credential is looked up.
   * @throws SecretSyncError naming the store and the field that is wrong
   */
  async build(store: StoreResource, signal: AbortSignal): Promise<StoreAccess> {
    const { enableCrossNamespaceAuthRef } = this.#options
    const { namespace, name } = store.metadata
    const asker: Asker = {
      label: storeLabel(namespace, name),
      namespace,
      allowOtherNamespaces: enableCrossNamespaceAuthRef,
      // Of this look alone, see ReadSecretKey.
      signal: AbortSignal.any([signal]),
    }
    const access = this.#access(await this.#way(store, asker))
    try {
      access.connection()
    } catch (error) {
      access.release()
      throw explained(error, asker.label, placeOf(store))
    }
    return access
  }

  /** The way in of entries without a store: the process's own identity, which stays the caller's, at a default endpoint. */
  own(provider: 'kms' | 'oos', identity: CredentialProvider): StoreAccess {
    const { endpoints } = this.#options
    const at = { region: endpoints.region, endpoint: endpoints[provider](undefined), provider: identity }
    const target: ConnectionTarget = provider === 'oos' ? { kind: 'oos', ...at } : ramTarget(at)
    return this.#access({ target, identity: { release: () => undefined } })
  }

  #access(way: Way): StoreAccess {
    const { pool, extraEndpoints, allowList } = this.#options
    return new StoreAccess({ pool, extraEndpoints, allowList, ...way })
  }

  #way(store: StoreResource, asker: Asker): Promise<Way> {
    const { spec } = store
    if (spec.plugin !== undefined) return this.#plugin(spec.plugin, asker)
    if (spec.OOS !== undefined) return this.#oos(spec.OOS, store, asker)
    const dedicated = spec.KMS.dedicatedKMSAuth
    return dedicated === undefined
      ? this.#kms(spec.KMS, store, asker)
      : this.#instance(spec.KMS, dedicated, store, asker)
  }

  async #kms(kms: KmsStore, store: StoreResource, asker: Asker): Promise<Way> {
    const { endpoints } = this.#options
    const endpoint = this.#allowed(kms.endpoint ?? endpoints.kms(kms.region), 'spec.KMS.endpoint', asker)
    const identity = await this.#identity(store, asker)
    const region = kms.region ?? endpoints.region
    return { identity, target: ramTarget({ region, endpoint, provider: identity.value }) }
  }

  async #oos(oos: OosStore, store: StoreResource, asker: Asker): Promise<Way> {
    const { endpoints } = this.#options
    const endpoint = this.#allowed(oos.endpoint ?? endpoints.oos(oos.region), 'spec.OOS.endpoint', asker)
    const identity = await this.#identity(store, asker)
    return {
      identity,
      target: { kind: 'oos', region: oos.region ?? endpoints.region, endpoint, provider: identity.value },
    }
  }

  async #instance(kms: KmsStore, dedicated: DedicatedKmsAuth, store: StoreResource, asker: Asker): Promise<Way> {
    const { endpoints } = this.#options
    const field = 'spec.KMS.dedicatedKMSAuth.endpoint'
    const host = withField(field, () => parseInstanceEndpoint(dedicated.endpoint), `${asker.label}: ${field}: `)
    const endpoint = this.#allowed(host, field, asker)
    const identity =
      dedicated.clientKeyContent === undefined
        ? await this.#identity(store, asker)
        : await this.#clientKey(dedicated, asker)
    const target: InstanceTarget = {
      kind: 'kms-instance',
      region: kms.region ?? endpoints.region,
      endpoint,
      provider: identity.value,
      ignoreSSL: dedicated.ignoreSSL,
      ...(dedicated.ca === undefined ? {} : { ca: dedicated.ca }),
    }
    const expiresAtMs = 'sign' in identity.value ? identity.value.notAfterMs : undefined
    return {
      identity,
      target,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(dedicated.ignoreSSL ? { warnings: [IGNORES_SSL] } : {}),
    }
  }

  async #clientKey(dedicated: DedicatedKmsAuth, asker: Asker) {
    const { clientKeyContent, password } = dedicated
    const { clientKeys, readSecretKey } = this.#options
    const at = (name: string): string => `spec.KMS.dedicatedKMSAuth.${name}`
    if (clientKeyContent === undefined || password === undefined) {
      throw new SecretSyncError('InvalidSpec', `${asker.label}: ${at('password')}: required`)
    }
    // Refusals come before any look-up: no half of a forbidden pair is read.
    locate(clientKeyContent, { what: 'Secret', field: at('clientKeyContent') }, asker)
    locate(password, { what: 'Secret', field: at('password') }, asker)
    // One after the other: where both are missing, the message is always the same.
    const content = await readCredential(readSecretKey, clientKeyContent, at('clientKeyContent'), asker)
    const secret = await readCredential(readSecretKey, password, at('password'), asker)
    try {
      return clientKeys.hold({
        content: content.bytes,
        contentName: content.part,
        password: secret.bytes,
        passwordName: secret.part,
      })
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      const field = at(error.message.startsWith(secret.part) ? 'password' : 'clientKeyContent')
      throw new SecretSyncError(error.code, `${asker.label}: ${field}: ${error.message}`, {
        facts: { ...error.facts, field },
      })
    }
  }

  async #plugin({ package: name, config }: PluginStore, { label, namespace }: Asker): Promise<Way> {
    const { resolvePlugin, clusterPluginsOnly } = this.#options
    if (clusterPluginsOnly && namespace !== '') {
      throw new SecretSyncError(
        'StoreNotAllowed',
        `${label}: spec.plugin: only a ClusterSecretStore may name a plugin, unless the operator runs with --allow-namespaced-plugins`,
        { facts: { field: 'spec.plugin' } },
      )
    }
    if (resolvePlugin === undefined) {
      throw new SecretSyncError(
        'InvalidSpec',
        `${label}: spec.plugin.package: ${name} is not loaded; --backend-package ${name} would load it`,
        { facts: { field: 'spec.plugin.package' } },
      )
    }
    const target: ConnectionTarget = {
      kind: 'plugin',
      package: name,
      config: JSON.stringify(config),
      make: () => resolvePlugin(name, config),
    }
    return { identity: { release: () => undefined }, target }
  }

  #allowed(endpoint: string, field: string, { label }: Asker): string {
    return withField(field, () => this.#options.allowList.check(endpoint, `${label}: ${field}`))
  }

  #identity({ spec }: StoreResource, asker: Asker): Promise<Hold<CredentialProvider>> {
    const { auth, field } = ramAuthOf(spec) ?? { auth: undefined, field: 'spec.KMS.KMSAuth' }
    return this.#options.identities.build(ramIdentityOf(auth), { ...asker, field })
  }
}

const IGNORES_SSL =
  'spec.KMS.dedicatedKMSAuth.ignoreSSL: any certificate is taken, so whoever is in between can read every secret'

/** Field that says where a store reads. */
function placeOf({ spec }: StoreResource): string {
  if (spec.plugin !== undefined) return 'spec.plugin'
  if (spec.OOS !== undefined) return 'spec.OOS'
  return spec.KMS.dedicatedKMSAuth === undefined ? 'spec.KMS' : 'spec.KMS.dedicatedKMSAuth'
}

/** What a backend says when it is made, as said of the store. A foreign error's message may hold anything. */
function explained(error: unknown, label: string, place: string): SecretSyncError {
  if (isSecretSyncError(error)) {
    const field = error.facts.field === undefined ? place : `${place}.${error.facts.field}`
    return new SecretSyncError(error.code, `${label}: ${place}: ${error.message}`, { facts: { ...error.facts, field } })
  }
  return new SecretSyncError('InvalidSpec', `${label}: ${place}: the backend could not be made (${errorKind(error)})`, {
    facts: { field: place },
  })
}
