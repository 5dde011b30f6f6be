import { isRecord } from '../../manifests/parse-objects.ts'

/** API group of the generators of External Secrets Operator. */
export const GENERATORS_GROUP = 'generators.external-secrets.io'

/** Passwords of External Secrets Operator among the manifests. */
export class GeneratorIndex {
  readonly #passwords = new Map<string, Readonly<Record<string, unknown>>>()

  /** Records a Password. */
  add({ metadata, spec }: Readonly<Record<string, unknown>>): void {
    if (!isRecord(metadata)) return
    const { name, namespace } = metadata
    const key = `${typeof namespace === 'string' ? namespace : ''}/${typeof name === 'string' ? name : ''}`
    this.#passwords.set(key, isRecord(spec) ? spec : {})
  }

  /** Spec of the Password that a resource of this namespace references; undefined if it is unknown. */
  passwordOf(name: string, namespace: string): Readonly<Record<string, unknown>> | undefined {
    // A manifest without a namespace may be applied to any namespace.
    return this.#passwords.get(`${namespace}/${name}`) ?? this.#passwords.get(`/${name}`)
  }
}
