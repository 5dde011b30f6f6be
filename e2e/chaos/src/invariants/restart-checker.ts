import { versionsIn } from '../workload/values.ts'
import type { Violation } from './invariant-checker.ts'
import { contentOf, type SecretSnapshot } from './secret-snapshot.ts'

/** Revision of etcd, which all objects of a cluster share. */
type Revision = number

interface History {
  /** Revisions at which the content of the Secret changed. */
  readonly contents: Revision[]
  /** Sum of the newest versions, and the revision at which the existing Secret got them. */
  newest: number
  renewed: Revision
  isDue: boolean
  /** Revisions of restarts, by the number of restarts. */
  readonly restarts: Map<number, Revision>
}

/** Checks restarts of workloads: at most one for each change of the Secret, and none before its write. */
export class RestartChecker {
  readonly #stories = new Map<string, History>()
  readonly #workloads = new Map<string, History>()

  /** @param workloads `namespace/name` of the workload, by `namespace/name` of the Secret */
  constructor(workloads: ReadonlyMap<string, string>) {
    for (const [secret, workload] of workloads) {
      const history: History = { contents: [], newest: 0, renewed: 0, isDue: false, restarts: new Map() }
      this.#stories.set(secret, history)
      this.#workloads.set(workload, history)
    }
  }

  /** Records a change of a Secret. */
  secret(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot | undefined): void {
    const history = this.#stories.get(target)
    if (!history) return
    history.isDue = now?.isRestartDue ?? false
    const isSame = before !== undefined && before.uid === now?.uid
    // A deleted Secret loses its pending restart.
    if (!isSame) Object.assign(history, { newest: 0, renewed: 0 })
    if (!now || (isSame && contentOf(before) === contentOf(now))) return
    history.contents.push(Number(now.resourceVersion))
    const newest = newestIn(now)
    if (isSame && newest > history.newest) history.renewed = Number(now.resourceVersion)
    history.newest = Math.max(history.newest, newest)
  }

  /** Records a workload. Only restarts change its spec, so its generation counts them. */
  workload(
    name: string,
    { generation = 1, resourceVersion }: { readonly generation?: number; readonly resourceVersion: string },
  ): void {
    const restarts = this.#workloads.get(name)?.restarts
    if (restarts && generation > 1 && !restarts.has(generation - 1))
      restarts.set(generation - 1, Number(resourceVersion))
  }

  /** Pending restarts, as text. */
  pending(): string[] {
    return [...this.#stories].flatMap(([target, { isDue, renewed, restarts }]) => {
      const last = Math.max(0, ...restarts.values())
      return isDue || renewed > last ? [`${target}: the restart of its workload is pending`] : []
    })
  }

  /** Violations. Two watches have no common order, so call it only after convergence. */
  violations(): Violation[] {
    return [...this.#stories].flatMap(([object, { contents, restarts }]) =>
      [...restarts].flatMap(([count, at]) => {
        const changes = contents.filter((revision) => revision < at).length
        if (count <= changes) return []
        const expected = `${changes} restarts at most, one per change of the Secret`
        return [
          { rule: 'a workload is restarted once for a change', object, expected, seen: `restart ${count}` } as const,
        ]
      }),
    )
  }
}

/** Sum of the newest versions of all secrets. */
function newestIn({ data }: SecretSnapshot): number {
  const newest = new Map<string, number>()
  for (const text of data.values()) {
    for (const { secret, version } of versionsIn(text)) newest.set(secret, Math.max(version, newest.get(secret) ?? 0))
  }
  return [...newest.values()].reduce((sum, version) => sum + version, 0)
}
