import {
  type BackendConnection,
  type BackendTarget,
  defined,
  type EndpointDriver,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  type StoreResolution,
} from '@ack-secret-manager/core'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import {
  type ClusterSecretStoreResource,
  parseClusterSecretStore,
  parseSecretStore,
  type SecretStoreResource,
} from '@ack-secret-manager/resources'
import type { NamespacedSecretKey } from '../store-references.ts'
import { StoreRegistry } from '../store-registry.ts'
import { DRIVERS } from './drivers.ts'
import type { StoreRegistryOptions } from '../store-types.ts'

/** Part of every credential; must not appear anywhere else. */
export const CANARY = 'canary-secret'
export const signal = new AbortController().signal
export const own = accessKeyProvider({ accessKeyId: 'LTAI5tOwn', accessKeySecret: new Sensitive(CANARY) })

/** A SecretStore prod/NAME with this spec. */
export function storeOf(name: string, spec: object, namespace = 'prod'): SecretStoreResource {
  const parsed = parseSecretStore({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'SecretStore',
    metadata: { name, namespace },
    spec,
  })
  if (!parsed.ok) throw parsed.error
  return parsed.resource
}

/** A SecretStore prod/NAME in KMS. */
export function store(name: string, KMS: object = {}, namespace = 'prod'): SecretStoreResource {
  return storeOf(name, { KMS }, namespace)
}

/** A ClusterSecretStore NAME with this spec. */
export function clusterStoreOf(name: string, spec: object): ClusterSecretStoreResource {
  const parsed = parseClusterSecretStore({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'ClusterSecretStore',
    metadata: { name },
    spec,
  })
  if (!parsed.ok) throw parsed.error
  return parsed.resource
}

/** References to the AccessKey in the Secret NAME. */
export function keyRefs(name: string, namespace?: string): object {
  const home = defined({ namespace })
  return { accessKey: { name, key: 'id', ...home }, accessKeySecret: { name, key: 'secret', ...home } }
}

export const auth = (name: string, namespace?: string): object => ({ KMSAuth: keyRefs(name, namespace) })

/** Reads `namespace/name/key` like an API server. A Secret exists if it has any key. */
export function secretKey<V>(secrets: ReadonlyMap<string, V>, ref: NamespacedSecretKey): V | undefined {
  const secret = `${ref.namespace}/${ref.name}/`
  if (![...secrets.keys()].some((key) => key.startsWith(secret)))
    throw new SecretSyncError('NotFound', 'no such Secret')
  return secrets.get(`${secret}${ref.key}`)
}

/** A registry with Secrets in memory and backends that respond on demand. */
export class StoreFixture {
  /** By namespace/name/key. */
  readonly secrets = new Map<string, string | Uint8Array | SecretSyncError>()
  readonly made: Array<BackendTarget & Pick<EndpointDriver, 'kind'>> = []
  readonly closed: string[] = []
  readonly lookups: NamespacedSecretKey[] = []
  readonly waiting: Array<() => void> = []
  hold = false
  readonly registry: StoreRegistry

  constructor(options: Partial<StoreRegistryOptions> = {}) {
    this.registry = new StoreRegistry({
      defaults: { region: 'cn-hangzhou', identity: own },
      readSecretKey: (ref) => this.#readSecretKey(ref),
      drivers: DRIVERS.map((driver) => this.#withoutNetwork(driver)),
      ...options,
    })
  }

  /** Creates the Secret prod/NAME with this AccessKey. */
  keep(name: string, id: string, secret = CANARY, namespace = 'prod'): void {
    this.secrets.set(`${namespace}/${name}/id`, id).set(`${namespace}/${name}/secret`, secret)
  }

  async #readSecretKey(ref: NamespacedSecretKey): Promise<Uint8Array | undefined> {
    this.lookups.push(ref)
    const value = secretKey(this.secrets, ref)
    if (value instanceof SecretSyncError) throw value
    return typeof value === 'string' ? new TextEncoder().encode(value) : value
  }

  #withoutNetwork(driver: EndpointDriver): EndpointDriver {
    return {
      ...driver,
      probe: async () => undefined,
      connect: (target) => {
        this.made.push({ kind: driver.kind, ...target })
        const { identity } = target.clientKey ?? target.provider
        const label = `${identity.description.replace(/^AccessKey /, '')}@${target.endpoint}`
        return {
          key: JSON.stringify([target.endpoint, identity.fingerprint]),
          kind: 'test',
          quota: { account: identity.account, region: target.region },
          backend: {
            read: async (ref: SecretRef): Promise<SecretValue> => {
              if (this.hold) await new Promise<void>((resolve) => this.waiting.push(resolve))
              const bytes = new Sensitive(new TextEncoder().encode(`${label}/${ref.name}`))
              return { bytes, versionId: 'v1', versionStages: [], type: 'Generic', dataType: 'text' }
            },
            close: async () => void this.closed.push(label),
          },
        }
      },
    }
  }
}

export function connectionOf(resolution: StoreResolution): BackendConnection {
  if (resolution.kind === 'error') throw resolution.error
  return resolution.connection
}

export async function readThrough(connection: BackendConnection, name = 'app/db'): Promise<string> {
  const value = await connection.backend.read({ name }, { signal })
  return new TextDecoder().decode(value.bytes.expose())
}

export const inProd = (name: string) => ({ namespace: 'prod', ref: { name } })
