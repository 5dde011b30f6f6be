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
import {
  type Requester,
  locate,
  readCredential,
  type ReadSecretKey,
  withField,
} from '../credentials/credential-reader.ts'
import type { DefaultEndpoints } from '../connections/default-endpoints.ts'
import type { EndpointQuota } from '../connections/endpoint-quota.ts'
import type { IdentityBuilder } from '../credentials/identity-builder.ts'
import type { Ref } from '../connections/ref-counted.ts'
import { ramTarget, StoreClient, type StoreClientOptions } from './store-client.ts'

/** Creates the connection of a plug-in package. An error makes the store not ready; other stores are not affected. */
export type ResolvePlugin = (packageName: string, config: Readonly<Record<string, unknown>>) => BackendConnection

/** Options of {@link StoreClientBuilder}. */
export interface StoreClientBuilderOptions {
  readonly pool: ConnectionPool
  readonly clientKeys: ClientKeys
  readonly endpointQuota: EndpointQuota
  readonly allowList: EndpointAllowList
  readonly endpoints: DefaultEndpoints
  readonly identities: IdentityBuilder
  readonly readSecretKey: ReadSecretKey
  readonly resolvePlugin: ResolvePlugin | undefined
  readonly clusterPluginsOnly: boolean
  readonly enableCrossNamespaceAuthRef: boolean
}

type ClientParts = Omit<StoreClientOptions, 'pool' | 'endpointQuota' | 'allowList'>

/** Builds the client of a store from its spec. */
export class StoreClientBuilder {
  readonly #options: StoreClientBuilderOptions

  constructor(options: StoreClientBuilderOptions) {
    this.#options = options
  }

  /**
   * Checks the endpoint, then reads credentials and connects. So no credential is read for a forbidden endpoint.
   * @throws SecretSyncError naming the store and the invalid field
   */
  async build(store: StoreResource, signal: AbortSignal): Promise<StoreClient> {
    const { enableCrossNamespaceAuthRef } = this.#options
    const { namespace, name } = store.metadata
    const requester: Requester = {
      label: storeLabel(namespace, name),
      namespace,
      allowOtherNamespaces: enableCrossNamespaceAuthRef,
      // A signal of this build alone, see ReadSecretKey.
      signal: AbortSignal.any([signal]),
    }
    const client = this.#client(await this.#partsOf(store, requester))
    try {
      client.connection()
    } catch (error) {
      client.release()
      throw withStoreContext(error, requester.label, backendFieldOf(store))
    }
    return client
  }

  /** The client of entries without a store: the operator identity, which the caller keeps, at a default endpoint. */
  forOperator(provider: 'kms' | 'oos', identity: CredentialProvider): StoreClient {
    const { endpoints } = this.#options
    const at = { region: endpoints.region, endpoint: endpoints[provider](undefined), provider: identity }
    const target: ConnectionTarget = provider === 'oos' ? { kind: 'oos', ...at } : ramTarget(at)
    return this.#client({ target, identity: { release: () => undefined } })
  }

  #client(parts: ClientParts): StoreClient {
    const { pool, endpointQuota, allowList } = this.#options
    return new StoreClient({ pool, endpointQuota, allowList, ...parts })
  }

  #partsOf(store: StoreResource, requester: Requester): Promise<ClientParts> {
    const { spec } = store
    if (spec.plugin !== undefined) return this.#plugin(spec.plugin, requester)
    if (spec.OOS !== undefined) return this.#oos(spec.OOS, store, requester)
    const dedicated = spec.KMS.dedicatedKMSAuth
    return dedicated === undefined
      ? this.#kms(spec.KMS, store, requester)
      : this.#instance(spec.KMS, dedicated, store, requester)
  }

  async #kms(kms: KmsStore, store: StoreResource, requester: Requester): Promise<ClientParts> {
    const { endpoints } = this.#options
    const endpoint = this.#allowed(kms.endpoint ?? endpoints.kms(kms.region), 'spec.KMS.endpoint', requester)
    const identity = await this.#identity(store, requester)
    const region = kms.region ?? endpoints.region
    return { identity, target: ramTarget({ region, endpoint, provider: identity.value }) }
  }

  async #oos(oos: OosStore, store: StoreResource, requester: Requester): Promise<ClientParts> {
    const { endpoints } = this.#options
    const endpoint = this.#allowed(oos.endpoint ?? endpoints.oos(oos.region), 'spec.OOS.endpoint', requester)
    const identity = await this.#identity(store, requester)
    return {
      identity,
      target: { kind: 'oos', region: oos.region ?? endpoints.region, endpoint, provider: identity.value },
    }
  }

  async #instance(
    kms: KmsStore,
    dedicated: DedicatedKmsAuth,
    store: StoreResource,
    requester: Requester,
  ): Promise<ClientParts> {
    const { endpoints } = this.#options
    const field = 'spec.KMS.dedicatedKMSAuth.endpoint'
    const host = withField(field, () => parseInstanceEndpoint(dedicated.endpoint), `${requester.label}: ${field}: `)
    const endpoint = this.#allowed(host, field, requester)
    const identity =
      dedicated.clientKeyContent === undefined
        ? await this.#identity(store, requester)
        : await this.#clientKey(dedicated, requester)
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
      ...(dedicated.ignoreSSL ? { tlsWarning: IGNORES_SSL } : {}),
    }
  }

  async #clientKey(dedicated: DedicatedKmsAuth, requester: Requester) {
    const { clientKeyContent, password } = dedicated
    const { clientKeys, readSecretKey } = this.#options
    const at = (name: string): string => `spec.KMS.dedicatedKMSAuth.${name}`
    if (clientKeyContent === undefined || password === undefined) {
      throw new SecretSyncError('InvalidSpec', `${requester.label}: ${at('password')}: required`)
    }
    // Check both references before any lookup, so that no half of a forbidden pair is read.
    locate(clientKeyContent, { what: 'Secret', field: at('clientKeyContent') }, requester)
    locate(password, { what: 'Secret', field: at('password') }, requester)
    // Sequential, so that the message is stable when both are missing.
    const content = await readCredential(readSecretKey, clientKeyContent, at('clientKeyContent'), requester)
    const secret = await readCredential(readSecretKey, password, at('password'), requester)
    try {
      return clientKeys.acquire({
        content: content.bytes,
        contentName: content.part,
        password: secret.bytes,
        passwordName: secret.part,
      })
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      const field = at(error.message.startsWith(secret.part) ? 'password' : 'clientKeyContent')
      throw new SecretSyncError(error.code, `${requester.label}: ${field}: ${error.message}`, {
        facts: { ...error.facts, field },
      })
    }
  }

  async #plugin({ package: name, config }: PluginStore, { label, namespace }: Requester): Promise<ClientParts> {
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
        `${label}: spec.plugin.package: ${name} is not loaded; load it with --backend-package ${name}`,
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

  #allowed(endpoint: string, field: string, { label }: Requester): string {
    return withField(field, () => this.#options.allowList.check(endpoint, `${label}: ${field}`))
  }

  #identity({ spec }: StoreResource, requester: Requester): Promise<Ref<CredentialProvider>> {
    const { auth, field } = ramAuthOf(spec) ?? { auth: undefined, field: 'spec.KMS.KMSAuth' }
    return this.#options.identities.build(ramIdentityOf(auth), { ...requester, field })
  }
}

const IGNORES_SSL =
  'spec.KMS.dedicatedKMSAuth.ignoreSSL: certificates are not verified; an attacker on the network path can read every secret'

/** Field of the spec that configures the backend. */
function backendFieldOf({ spec }: StoreResource): string {
  if (spec.plugin !== undefined) return 'spec.plugin'
  if (spec.OOS !== undefined) return 'spec.OOS'
  return spec.KMS.dedicatedKMSAuth === undefined ? 'spec.KMS' : 'spec.KMS.dedicatedKMSAuth'
}

/** Names store and field in a backend's error. The message of a foreign error is dropped, because it may hold a secret. */
function withStoreContext(error: unknown, label: string, backendField: string): SecretSyncError {
  if (isSecretSyncError(error)) {
    const field = error.facts.field === undefined ? backendField : `${backendField}.${error.facts.field}`
    return new SecretSyncError(error.code, `${label}: ${backendField}: ${error.message}`, {
      facts: { ...error.facts, field },
    })
  }
  return new SecretSyncError(
    'InvalidSpec',
    `${label}: ${backendField}: the backend could not be created (${errorKind(error)})`,
    { facts: { field: backendField } },
  )
}
