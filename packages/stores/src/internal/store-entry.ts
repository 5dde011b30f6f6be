import { SecretSyncError, type StoreQuery } from '@ack-secret-manager/core'
import { API_SERVER_STARTUP_MS } from '@ack-secret-manager/k8s-client'
import { ramIdentityOf } from '@ack-secret-manager/resources'
import { type NamespacedName, ramAuthOf, referencesOf, storeLabel, type StoreResource } from '../store-references.ts'
import { type Admission, admissionOf, type NamespaceLabels } from './admission/admission.ts'
import { type TokenSubject, whyNotItsIdentity } from './admission/token-admission.ts'
import { mayUseNamespace } from './credentials/credential-reader.ts'
import { StoreClient } from './clients/store-client.ts'

/** The objects and files to watch for the credential of a store, whether or not they exist. Only those that the store may use. */
export interface CredentialSources {
  readonly secrets: readonly NamespacedName[]
  readonly serviceAccounts: readonly NamespacedName[]
  /** Absolute paths. */
  readonly tokenFiles: readonly string[]
}

/** Settings of the registry that apply to every store. */
export interface EntryContext {
  readonly labelsOf: NamespaceLabels | undefined
  readonly allowOtherNamespaces: boolean
  /** The token file of a store of this namespace; `path` defaults to the operator's. Undefined if the store may not use it. */
  readonly tokenFileOf: (namespace: string, path: string | undefined) => string | undefined
}

/** Limits that the spec of a store sets. */
export interface StoreLimits {
  readonly maxSecretsPerNamespace?: number | undefined
  readonly maxReadsPerSecond?: number | undefined
}

const OPEN: Admission = {
  check: () => undefined,
  checkPush: () => undefined,
  checkToken: () => undefined,
  checkList: () => undefined,
}
/** Sources of a store without credentials in the cluster. */
export const NO_SOURCES: CredentialSources = { secrets: [], serviceAccounts: [], tokenFiles: [] }

/** State of one store in the registry. */
export class StoreEntry {
  readonly key: NamespacedName
  /** JSON of the spec that {@link client} was built from. */
  spec = ''
  sources = NO_SOURCES
  /** Of the latest spec. */
  limits: StoreLimits = {}
  client: StoreClient | SecretSyncError
  /** Counts upserts. Only the latest upsert may replace the client. */
  generation = 0
  /** Admission of the spec that {@link client} was built from. */
  #clientAdmission = OPEN
  /** Admission of the latest spec. */
  #latestAdmission = OPEN
  /** Monotonic time of the first of the latest lookups, which the API server all denied. */
  #deniedSinceMs: number | undefined

  constructor(key: NamespacedName) {
    this.key = key
    const label = storeLabel(key.namespace, key.name)
    this.client = new SecretSyncError('StoreNotFound', `${label} was just created and is not validated yet`)
  }

  /**
   * Records the latest spec before its credentials are resolved.
   * @throws SecretSyncError `InvalidSpec` for a malformed endpoint pattern
   */
  observe(store: StoreResource, { labelsOf, allowOtherNamespaces, tokenFileOf }: EntryContext): void {
    const { namespace, name } = store.metadata
    // A store that may not use other namespaces must not cause watches there either.
    const watchable = (refs: readonly NamespacedName[]): readonly NamespacedName[] => {
      const usable = refs.filter((ref) => mayUseNamespace({ namespace, allowOtherNamespaces }, ref.namespace))
      const byKey = new Map(usable.map((ref) => [`${ref.namespace}/${ref.name}`, ref]))
      return [...byKey.values()].map((ref) => ({ namespace: ref.namespace, name: ref.name }))
    }
    const { secretKeys, serviceAccounts } = referencesOf(store)
    const { source } = ramIdentityOf(ramAuthOf(store.spec)?.auth)
    const tokenFile = source.kind === 'rrsa' ? tokenFileOf(namespace, source.tokenFile) : undefined
    this.sources = {
      secrets: watchable(secretKeys),
      serviceAccounts: watchable(serviceAccounts),
      tokenFiles: tokenFile === undefined ? [] : [tokenFile],
    }
    const { maxSecretsPerNamespace, maxReadsPerSecond } = store.spec
    this.limits = { maxSecretsPerNamespace, maxReadsPerSecond }
    const label = storeLabel(namespace, name)
    const tokens = { home: namespace, notItsIdentity: whyNotItsIdentity(store) }
    this.#latestAdmission = admissionOf(store.spec, { label, labelsOf, tokens })
  }

  /**
   * Checks a query against the admission of the client and of the latest spec. While they differ both must admit it,
   * because the client still reads with the identity of the former spec.
   * @throws SecretSyncError `StoreNotAllowed`
   */
  checkAdmission({ namespace, secret, kmsEndpoint, isForList }: StoreQuery): void {
    const { client } = this
    if (isForList === true && secret === undefined) {
      this.#clientAdmission.checkList(namespace)
      this.#latestAdmission.checkList(namespace)
      return
    }
    const endpoint =
      kmsEndpoint !== undefined && client instanceof StoreClient ? client.otherEndpoint(kmsEndpoint) : undefined
    this.#clientAdmission.check(namespace, secret, endpoint)
    this.#latestAdmission.check(namespace, secret, endpoint)
  }

  /** Checks a write like {@link checkAdmission}. @throws SecretSyncError `StoreNotAllowed` */
  checkPushAdmission(namespace: string, secret: string | undefined): void {
    this.#clientAdmission.checkPush(namespace, secret)
    this.#latestAdmission.checkPush(namespace, secret)
  }

  /** Checks a token like {@link checkAdmission}. @throws SecretSyncError `StoreNotAllowed` */
  checkTokenAdmission(namespace: string, subject: TokenSubject): void {
    this.#clientAdmission.checkToken(namespace, subject)
    this.#latestAdmission.checkToken(namespace, subject)
  }

  /**
   * Records a failed lookup of the store's credentials. Returns whether a starting API server may have denied it, so that a store
   * which was ready and has not changed stays ready.
   */
  isDeniedAtStartup(spec: string, { facts }: SecretSyncError, nowMs: number): boolean {
    this.#deniedSinceMs = facts.httpStatus === 403 ? (this.#deniedSinceMs ?? nowMs) : undefined
    if (this.#deniedSinceMs === undefined || nowMs - this.#deniedSinceMs >= API_SERVER_STARTUP_MS) return false
    return this.client instanceof StoreClient && spec === this.spec
  }

  /** Records that the spec of the store is invalid. */
  refuse(error: SecretSyncError): void {
    this.sources = NO_SOURCES
    this.limits = {}
    this.#latestAdmission = OPEN
    this.replace('', error)
  }

  /** Replaces the client and releases the former one. */
  replace(spec: string, client: StoreClient | SecretSyncError): void {
    const former = this.client
    this.spec = spec
    this.#deniedSinceMs = undefined
    this.#clientAdmission = this.#latestAdmission
    if (former instanceof StoreClient && client instanceof StoreClient && former.key === client.key) {
      // The connection is the same, so the former client keeps its references.
      former.useRegionOf(client)
      client.release()
      return
    }
    this.client = client
    if (former instanceof StoreClient) former.release()
  }
}
