import { SecretSyncError } from '@ack-secret-manager/core'
import { ramIdentityOf } from '@ack-secret-manager/resources'
import { type NamespacedName, ramAuthOf, referencesOf, storeLabel, type StoreResource } from '../store-references.ts'
import type { StoreQuery } from '../store-types.ts'
import { type Admission, admissionOf, type NamespaceLabels } from './admission/admission.ts'
import { isOpenTo } from './credentials/credential-reader.ts'
import { StoreAccess } from './clients/store-client.ts'

/** What a store takes its credential from, present or not: what to watch. Only what it may use. */
export interface CredentialSources {
  readonly secrets: readonly NamespacedName[]
  readonly serviceAccounts: readonly NamespacedName[]
  /** Absolute paths. */
  readonly tokenFiles: readonly string[]
}

/** What the registry lets stores use. */
export interface EntryContext {
  readonly labelsOf: NamespaceLabels
  readonly allowOtherNamespaces: boolean
  /** The file that a store of this namespace gets by naming this one, or none; undefined where it may not have it. */
  readonly tokenFileOf: (namespace: string, path: string | undefined) => string | undefined
}

/** How much may be read through a store. */
export interface StoreLimits {
  readonly maxSecretsPerNamespace?: number | undefined
  readonly maxReadsPerSecond?: number | undefined
}

const OPEN: Admission = { check: () => undefined }
/** Of a store that takes its credential from nowhere. */
export const NO_SOURCES: CredentialSources = { secrets: [], serviceAccounts: [], tokenFiles: [] }

/** What the registry knows of one store. */
export class StoreEntry {
  readonly key: NamespacedName
  /** To see whether a store is still what its access was made for. */
  spec = ''
  sources = NO_SOURCES
  /** As the store was last noted. */
  limits: StoreLimits = {}
  way: StoreAccess | SecretSyncError
  /** Counts upserts: only the latest may say how the store is. */
  turn = 0
  /** Whom the way in was made for. */
  #admission = OPEN
  /** Whom the store admits as it was last noted. */
  #noted = OPEN

  constructor(key: NamespacedName) {
    this.key = key
    const label = storeLabel(key.namespace, key.name)
    this.way = new SecretSyncError('StoreNotFound', `${label} has just appeared and is not ready yet`)
  }

  /**
   * Records the spec of a store before its credentials are resolved.
   * @throws SecretSyncError `InvalidSpec` for a malformed pattern of an endpoint
   */
  note(store: StoreResource, { labelsOf, allowOtherNamespaces, tokenFileOf }: EntryContext): void {
    const { namespace, name } = store.metadata
    // Those of other namespaces only where they may be used: nobody else's Secrets are to be watched.
    const open = (refs: readonly NamespacedName[]): readonly NamespacedName[] => {
      const usable = refs.filter((ref) => isOpenTo({ namespace, allowOtherNamespaces }, ref.namespace))
      const byKey = new Map(usable.map((ref) => [`${ref.namespace}/${ref.name}`, ref]))
      return [...byKey.values()].map((ref) => ({ namespace: ref.namespace, name: ref.name }))
    }
    const { secretKeys, serviceAccounts } = referencesOf(store)
    const { source } = ramIdentityOf(ramAuthOf(store.spec)?.auth)
    const tokenFile = source.kind === 'rrsa' ? tokenFileOf(namespace, source.tokenFile) : undefined
    this.sources = {
      secrets: open(secretKeys),
      serviceAccounts: open(serviceAccounts),
      tokenFiles: tokenFile === undefined ? [] : [tokenFile],
    }
    const { maxSecretsPerNamespace, maxReadsPerSecond } = store.spec
    this.limits = { maxSecretsPerNamespace, maxReadsPerSecond }
    this.#noted = admissionOf(store.spec, { label: storeLabel(namespace, name), labelsOf })
  }

  /**
   * Until the way in is taken over, only those whom both the former and the noted store admit: others would read as
   * whom the former one was for.
   * @throws SecretSyncError `StoreNotAllowed`
   */
  admit({ namespace, secret, kmsEndpoint }: StoreQuery): void {
    const { way } = this
    const endpoint =
      kmsEndpoint !== undefined && way instanceof StoreAccess ? way.otherEndpoint(kmsEndpoint) : undefined
    this.#admission.check(namespace, secret, endpoint)
    this.#noted.check(namespace, secret, endpoint)
  }

  /** Takes note that the store's resource is invalid. */
  refuse(error: SecretSyncError): void {
    this.sources = NO_SOURCES
    this.limits = {}
    this.#noted = OPEN
    this.replace('', error)
  }

  /** Takes over the way in, and lets go of the former one. */
  replace(spec: string, way: StoreAccess | SecretSyncError): void {
    const former = this.way
    this.spec = spec
    this.#admission = this.#noted
    if (former instanceof StoreAccess && way instanceof StoreAccess && former.key === way.key) {
      // Nothing has changed: whoever reads through the former goes on.
      way.release()
      return
    }
    this.way = way
    if (former instanceof StoreAccess) former.release()
  }
}
