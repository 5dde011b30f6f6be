import { SecretSyncError } from '@ack-secret-manager/core'
import { type NamespacedName, referencesOf, storeLabel, type StoreResource } from '../store-references.ts'
import { type Admission, admissionOf, type NamespaceLabels } from './admission.ts'
import { isOpenTo } from './credential-reader.ts'
import { StoreAccess } from './store-access.ts'

const NOBODY: ReadonlySet<string> = new Set()
const OPEN: Admission = { check: () => undefined }

/** What the registry knows of one store. */
export class StoreEntry {
  readonly key: NamespacedName
  /** To see whether a store is still what its access was made for. */
  spec = ''
  admission = OPEN
  /** Secrets that it takes credentials from, as `namespace/name`. */
  secrets = NOBODY
  /** ServiceAccounts that it takes tokens of, as `namespace/name`. */
  serviceAccounts = NOBODY
  way: StoreAccess | SecretSyncError
  /** Counts upserts: only the latest may say how the store is. */
  turn = 0

  constructor(key: NamespacedName) {
    this.key = key
    const label = storeLabel(key.namespace, key.name)
    this.way = new SecretSyncError('StoreNotFound', `${label} has just appeared and is not ready yet`)
  }

  /** Takes note of what a store says, before its credentials are looked at. */
  note(store: StoreResource, options: { labelsOf: NamespaceLabels; allowOtherNamespaces: boolean }): void {
    const { namespace, name } = store.metadata
    // Those of other namespaces only where they may be used: nobody else's Secrets are to be watched.
    const keysOf = (refs: readonly NamespacedName[]): ReadonlySet<string> =>
      new Set(
        refs
          .filter((ref) => isOpenTo({ namespace, ...options }, ref.namespace))
          .map((ref) => `${ref.namespace}/${ref.name}`),
      )
    const { secretKeys, serviceAccounts } = referencesOf(store)
    this.secrets = keysOf(secretKeys)
    this.serviceAccounts = keysOf(serviceAccounts)
    this.admission = admissionOf(store.spec, { label: storeLabel(namespace, name), labelsOf: options.labelsOf })
  }

  /** Takes note that the store's resource is invalid. */
  refuse(error: SecretSyncError): void {
    this.secrets = NOBODY
    this.serviceAccounts = NOBODY
    this.admission = OPEN
    this.replace('', error)
  }

  /** Takes over the way in, and lets go of the former one. */
  replace(spec: string, way: StoreAccess | SecretSyncError): void {
    const former = this.way
    this.spec = spec
    if (former instanceof StoreAccess && way instanceof StoreAccess && former.key === way.key) {
      // Nothing has changed: whoever reads through the former goes on.
      way.release()
      return
    }
    this.way = way
    if (former instanceof StoreAccess) former.release()
  }
}
