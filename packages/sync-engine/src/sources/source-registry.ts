import type { SourceKey } from '../model/source-reading.ts'
import type { Source } from './source/source.ts'

/** The sources of a pool by key, by subscriber and by name of the secret. Lists are cheaper than sets for single members. */
export class SourceRegistry {
  readonly #byKey = new Map<SourceKey, Source>()
  readonly #byName = new Map<string, readonly Source[]>()
  readonly #bySubscriber = new Map<string, readonly Source[]>()

  get(key: SourceKey): Source | undefined {
    return this.#byKey.get(key)
  }

  all(): Iterable<Source> {
    return this.#byKey.values()
  }

  of(subscriber: string): Iterable<Source> {
    return this.#bySubscriber.get(subscriber) ?? []
  }

  /** The sources of a secret, given by name or ARN. */
  named(secretName: string): readonly Source[] {
    return this.#byName.get(plainName(secretName)) ?? []
  }

  subscribers(): readonly string[] {
    return [...this.#bySubscriber.keys()]
  }

  add(source: Source): Source {
    this.#byKey.set(source.key, source)
    const name = plainName(source.ref.name)
    this.#byName.set(name, this.#byName.get(name)?.concat(source) ?? [source])
    return source
  }

  delete(source: Source): void {
    this.#byKey.delete(source.key)
    const name = plainName(source.ref.name)
    const namesakes = (this.#byName.get(name) ?? []).filter((namesake) => namesake !== source)
    if (namesakes.length === 0) this.#byName.delete(name)
    else this.#byName.set(name, namesakes)
  }

  /** Sets the sources of `subscriber`. Returns those that it no longer reads. */
  replace(subscriber: string, sources: ReadonlySet<Source>): Iterable<Source> {
    const before = this.#bySubscriber.get(subscriber) ?? []
    if (sources.size > 0) this.#bySubscriber.set(subscriber, [...sources])
    else this.#bySubscriber.delete(subscriber)
    return before.filter((source) => !sources.has(source))
  }
}

/** The name in an ARN (`acs:kms:{region}:{account}:secret/{name}`), or the name itself. */
export function plainName(nameOrArn: string): string {
  const at = nameOrArn.startsWith('acs:') ? nameOrArn.indexOf(':secret/') : -1
  return at === -1 ? nameOrArn : nameOrArn.slice(at + ':secret/'.length)
}
