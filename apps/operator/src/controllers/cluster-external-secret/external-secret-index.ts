import { objectKey } from '@ack-secret-manager/k8s-client'
import type { FoundExternalSecret } from './cached-external-secret.ts'

/** All ExternalSecrets, by name and by the ClusterExternalSecret that made them. */
export class FoundExternalSecrets {
  readonly #byKey = new Map<string, FoundExternalSecret>()
  /** Names by `UID/namespace`. */
  readonly #made = new Map<string, Set<string>>()

  get(key: string): FoundExternalSecret | undefined {
    return this.#byKey.get(key)
  }

  /** An ExternalSecret as it is now; undefined when it is gone. */
  set(namespace: string, name: string, found: FoundExternalSecret | undefined): void {
    const key = objectKey({ namespace, name })
    const before = this.#byKey.get(key)
    if (before?.makerUid !== undefined && before.makerUid !== found?.makerUid) {
      const place = `${before.makerUid}/${namespace}`
      const names = this.#made.get(place)
      names?.delete(name)
      if (names?.size === 0) this.#made.delete(place)
    }
    if (found) this.#byKey.set(key, found)
    else this.#byKey.delete(key)
    if (found?.makerUid === undefined) return
    const place = `${found.makerUid}/${namespace}`
    const names = this.#made.get(place)
    if (names) names.add(name)
    else this.#made.set(place, new Set([name]))
  }

  /** Whether a ClusterExternalSecret has made something in a namespace. */
  hasMade(makerUid: string, namespace: string): boolean {
    return this.#made.has(`${makerUid}/${namespace}`)
  }

  /** What a ClusterExternalSecret has made in a namespace, and whoever has the wanted name there. */
  view(
    namespace: string,
    { makerUid, name }: { readonly makerUid: string; readonly name: string },
  ): FoundExternalSecret[] {
    const made = this.#made.get(`${makerUid}/${namespace}`) ?? []
    const names = [name, ...[...made].filter((each) => each !== name)]
    return names.flatMap((each) => this.get(objectKey({ namespace, name: each })) ?? [])
  }
}
