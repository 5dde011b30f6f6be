import {
  type CredentialProvider,
  defined,
  errorKind,
  isSecretSyncError,
  type ProxyRoutes,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { ClientKey } from '@ack-secret-manager/auth-aap'
import {
  type EndpointService,
  type PackageService,
  ramIdentityOf,
  type StoreAccess,
  storeServiceOf,
} from '@ack-secret-manager/resources'
import { storeLabel, type StoreResource } from '../../store-references.ts'
import type { EndpointAllowList } from '../admission/endpoint-allow-list.ts'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import { endpointTarget, packageTarget } from '../connections/connection-target.ts'
import type { Drivers } from '../connections/drivers.ts'
import type { EndpointQuota } from '../connections/endpoint-quota.ts'
import type { Ref } from '../connections/ref-counted.ts'
import type { ClientKeys } from '../credentials/client-keys.ts'
import {
  type Requester,
  locate,
  readCredential,
  type ReadSecretKey,
  withField,
} from '../credentials/credential-reader.ts'
import type { IdentityBuilder } from '../credentials/identity-builder.ts'
import { StoreClient, type StoreClientOptions } from './store-client.ts'

export interface StoreClientBuilderOptions {
  readonly pool: ConnectionPool
  readonly clientKeys: ClientKeys
  readonly endpointQuota: EndpointQuota
  readonly allowList: EndpointAllowList
  readonly drivers: Drivers
  readonly proxy: ProxyRoutes | undefined
  readonly identities: IdentityBuilder
  readonly readSecretKey: ReadSecretKey
  readonly clusterPluginsOnly: boolean
  readonly enableCrossNamespaceAuthRef: boolean
}

type ClientParts = Omit<StoreClientOptions, 'pool' | 'endpointQuota' | 'allowList' | 'drivers'>
type ClientKeyAccess = Extract<StoreAccess, { kind: 'client-key' }>

export class StoreClientBuilder {
  readonly #options: StoreClientBuilderOptions

  constructor(options: StoreClientBuilderOptions) {
    this.#options = options
  }

  /**
   * Checks the endpoint before it reads credentials and connects, so that no credential is read for a forbidden endpoint.
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
      throw withStoreContext(error, requester.label, storeServiceOf(store.spec).field)
    }
    return client
  }

  /** The client of entries without a store: the operator identity, which the caller keeps, at the default endpoint. */
  forOperator(provider: string, identity: CredentialProvider): StoreClient {
    const { drivers, proxy } = this.#options
    const at = {
      ...defined({ proxy }),
      region: drivers.region,
      endpoint: drivers.endpoint(provider),
      provider: identity,
    }
    const target = endpointTarget(drivers.ofEndpoint(provider, at.endpoint), at)
    return this.#client({ target, identity: { release: () => undefined } })
  }

  #client(parts: ClientParts): StoreClient {
    const { pool, endpointQuota, allowList, drivers } = this.#options
    return new StoreClient({ pool, endpointQuota, allowList, drivers, ...parts })
  }

  #partsOf({ spec }: StoreResource, requester: Requester): Promise<ClientParts> {
    const service = storeServiceOf(spec)
    return service.kind === 'package' ? this.#package(service, requester) : this.#endpoint(service, requester)
  }

  async #endpoint(service: EndpointService, requester: Requester): Promise<ClientParts> {
    const { drivers, allowList, proxy } = this.#options
    const { provider, access, ca, ignoreSSL = false } = service
    const field = `${service.field}.endpoint`
    const where = `${requester.label}: ${field}`
    const selected = withField(
      service.field,
      () => drivers.selectedBy(service),
      `${requester.label}: ${service.field}: `,
    )
    const wanted = service.endpoint ?? drivers.endpoint(provider, service.region)
    const parsed = withField(field, () => selected?.parseEndpoint?.(wanted) ?? wanted, `${where}: `)
    const endpoint = withField(field, () => allowList.check(parsed, where))
    const driver = selected ?? drivers.ofEndpoint(provider, endpoint)
    const region = service.region ?? drivers.region
    const common = { region, endpoint, ignoreSSL, ...defined({ ca, proxy }) }
    const tls = ignoreSSL ? { tlsWarning: `${service.field}.ignoreSSL: ${IGNORES_SSL}` } : {}
    if (access.kind === 'ram') {
      const auth = { ...requester, field: access.field }
      const identity = await this.#options.identities.build(ramIdentityOf(access.auth), auth)
      return { ...tls, identity, target: endpointTarget(driver, { ...common, provider: identity.value }) }
    }
    const identity = await this.#clientKey(access, requester)
    const { notAfterMs: expiresAtMs } = identity.value
    return {
      ...tls,
      identity,
      target: endpointTarget(driver, { ...common, clientKey: identity.value }),
      ...defined({ expiresAtMs }),
    }
  }

  async #clientKey({ field, content: file, password }: ClientKeyAccess, requester: Requester): Promise<Ref<ClientKey>> {
    const { clientKeys, readSecretKey } = this.#options
    const at = (name: string): string => `${field}.${name}`
    if (password === undefined) {
      throw new SecretSyncError('InvalidSpec', `${requester.label}: ${at('password')}: required`)
    }
    // Check both references before any lookup, so that no half of a forbidden pair is read.
    const { namespace } = locate(file, { what: 'Secret', field: at('clientKeyContent') }, requester)
    locate(password, { what: 'Secret', field: at('password') }, requester)
    // Sequential, so that the message is stable when both are missing.
    const content = await readCredential(readSecretKey, file, at('clientKeyContent'), requester)
    const secret = await readCredential(readSecretKey, password, at('password'), requester)
    // Loaded on first use: its PKCS#12 reader is the largest library of the operator, and few clusters use it.
    const { parseClientKey } = await import('@ack-secret-manager/auth-aap')
    const names = { contentName: content.part, passwordName: secret.part }
    try {
      const opened = { content: content.bytes, password: secret.bytes, ...names }
      return await clientKeys.acquireInTurn(opened, parseClientKey, { namespace, signal: requester.signal })
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      const invalid = at(error.message.startsWith(secret.part) ? 'password' : 'clientKeyContent')
      throw new SecretSyncError(error.code, `${requester.label}: ${invalid}: ${error.message}`, {
        facts: { ...error.facts, field: invalid },
      })
    }
  }

  async #package(service: PackageService, { label, namespace }: Requester): Promise<ClientParts> {
    const { drivers, clusterPluginsOnly } = this.#options
    const { field, package: name, config, provider } = service
    if (clusterPluginsOnly && namespace !== '') {
      throw new SecretSyncError(
        'StoreNotAllowed',
        `${label}: ${field}: only a ClusterSecretStore may name a plugin, unless the operator runs with --allow-namespaced-plugins`,
        { facts: { field } },
      )
    }
    const driver = drivers.ofPackage(name)
    if (driver === undefined) {
      throw new SecretSyncError(
        'InvalidSpec',
        `${label}: ${field}.package: ${name} is not loaded; load it with --backend-package ${name}`,
        { facts: { field: `${field}.package` } },
      )
    }
    return { identity: { release: () => undefined }, target: packageTarget(driver, config, provider) }
  }
}

const IGNORES_SSL = 'certificates are not verified; an attacker on the network path can read every secret'

/** Names store and field in a backend's error. The message of any other error is dropped, because it may contain a secret. */
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
