import { isRecord, type ManifestObject } from './parse-objects.ts'

/** Cluster-scoped kinds. */
const CLUSTER_KINDS = ['ClusterSecretStore', 'ClusterExternalSecret', 'Namespace']

/** Names of the objects of all manifests, with the location of their first definition. */
export class ManifestNames {
  readonly #defaultNamespace: string
  readonly #problems: string[]
  readonly #locations = new Map<string, string>()

  /** @param problems gets duplicate definitions */
  constructor(defaultNamespace: string, problems: string[]) {
    this.#defaultNamespace = defaultNamespace
    this.#problems = problems
  }

  /** `namespace/name`, or the name of a cluster-scoped object. Tolerates invalid names. */
  nameOf({ kind, value }: ManifestObject): string {
    const metadata = value['metadata']
    const text = (name: string, absent: string): string => {
      const given = isRecord(metadata) ? metadata[name] : undefined
      return typeof given === 'string' && given !== '' ? given.slice(0, 253) : absent
    }
    const name = text('name', '(no name)')
    return CLUSTER_KINDS.includes(kind) ? name : `${text('namespace', this.#defaultNamespace)}/${name}`
  }

  /** Whether this is the first definition of the object. @param onTwice @default the run fails */
  isFirst(
    { kind, location }: Pick<ManifestObject, 'kind' | 'location'>,
    name: string,
    onTwice: (problem: string) => unknown = (problem) => this.#problems.push(problem),
  ): boolean {
    const first = this.#locations.get(`${kind} ${name}`)
    if (first === undefined) this.#locations.set(`${kind} ${name}`, location)
    else onTwice(`${location}: ${kind} ${name} is defined twice; the other definition is at ${first}`)
    return first === undefined
  }
}
