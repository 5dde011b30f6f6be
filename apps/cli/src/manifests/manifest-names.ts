import { isRecord, type ManifestObject } from './parse-objects.ts'

/** Kinds of objects that have no namespace. */
const CLUSTER_KINDS = ['ClusterSecretStore', 'ClusterExternalSecret', 'Namespace']

/** Names of the objects of all manifests, and where each was seen first. */
export class ManifestNames {
  readonly #defaultNamespace: string
  readonly #problems: string[]
  readonly #locations = new Map<string, string>()

  /** @param problems gets what is there twice */
  constructor(defaultNamespace: string, problems: string[]) {
    this.#defaultNamespace = defaultNamespace
    this.#problems = problems
  }

  /** `namespace/name`, or the name of what has no namespace, as far as it can be told. */
  nameOf({ kind, value }: ManifestObject): string {
    const metadata = value['metadata']
    const text = (name: string, absent: string): string => {
      const given = isRecord(metadata) ? metadata[name] : undefined
      return typeof given === 'string' && given !== '' ? given.slice(0, 253) : absent
    }
    const name = text('name', '(no name)')
    return CLUSTER_KINDS.includes(kind) ? name : `${text('namespace', this.#defaultNamespace)}/${name}`
  }

  /** Whether there was no such object before. @param onTwice @default the run fails */
  isFirst(
    { kind, location }: Pick<ManifestObject, 'kind' | 'location'>,
    name: string,
    onTwice: (problem: string) => unknown = (problem) => this.#problems.push(problem),
  ): boolean {
    const first = this.#locations.get(`${kind} ${name}`)
    if (first === undefined) this.#locations.set(`${kind} ${name}`, location)
    else onTwice(`${location}: ${kind} ${name} is there twice; the other one is at ${first}`)
    return first === undefined
  }
}
