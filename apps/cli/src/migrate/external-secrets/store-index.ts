import { isRecord } from '../../manifests/parse-objects.ts'

/** Reference to a store of External Secrets Operator. */
export interface EsoStoreRef {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  readonly name: string
}

/** Providers of the stores in the manifests. */
export class StoreIndex {
  readonly #providers = new Map<string, string>()

  /** Records a store. */
  add(kind: string, value: Readonly<Record<string, unknown>>): void {
    const { metadata, spec } = value
    const provider = isRecord(spec) && isRecord(spec['provider']) ? Object.keys(spec['provider'])[0] : undefined
    if (provider === undefined || !isRecord(metadata)) return
    const { name, namespace } = metadata
    const home = kind === 'SecretStore' && typeof namespace === 'string' ? namespace : ''
    this.#providers.set(`${kind} ${home}/${typeof name === 'string' ? name : ''}`, provider)
  }

  /** Provider of the store that a resource of this namespace references; undefined if unknown. */
  providerOf({ kind, name }: EsoStoreRef, namespace: string): string | undefined {
    const here = kind === 'SecretStore' ? namespace : ''
    // A manifest without a namespace may be applied to any namespace.
    return this.#providers.get(`${kind} ${here}/${name}`) ?? this.#providers.get(`${kind} /${name}`)
  }
}
