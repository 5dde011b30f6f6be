import { versionsIn } from '../workload/values.ts'
import type { Violation } from './invariant-checker.ts'
import { contentOf, type SecretSnapshot } from './secret-snapshot.ts'

/** Times of etcd: all objects of a cluster share one count. */
type Revision = number

interface Story {
  /** Each moment at which the content of the Secret became another. */
  readonly contents: Revision[]
  /** The newest that it has held, and when it came to hold that while it was there. */
  newest: number
  renewed: Revision
  isDue: boolean
  /** By how often the workload had been restarted. */
  readonly restarts: Map<number, Revision>
}

/** Judges restarts of the workloads that belong to Secrets: one for each change at most, and none before it was written. */
export class RestartChecker {
  readonly #stories = new Map<string, Story>()
  readonly #workloads = new Map<string, Story>()

  /** @param workloads `namespace/name` of each Secret to that of the workload that is restarted for it */
  constructor(workloads: ReadonlyMap<string, string>) {
    for (const [secret, workload] of workloads) {
      const story: Story = { contents: [], newest: 0, renewed: 0, isDue: false, restarts: new Map() }
      this.#stories.set(secret, story)
      this.#workloads.set(workload, story)
    }
  }

  /** A step of a Secret. */
  secret(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot | undefined): void {
    const story = this.#stories.get(target)
    if (!story) return
    story.isDue = now?.isRestartDue ?? false
    const isSame = before !== undefined && before.uid === now?.uid
    // Nobody knows any longer what was due to one that is gone.
    if (!isSame) Object.assign(story, { newest: 0, renewed: 0 })
    if (!now || (isSame && contentOf(before) === contentOf(now))) return
    story.contents.push(Number(now.resourceVersion))
    const newest = newestIn(now)
    if (isSame && newest > story.newest) story.renewed = Number(now.resourceVersion)
    story.newest = Math.max(story.newest, newest)
  }

  /** A workload as it is now. Nobody else changes its spec, so that its generation counts its restarts. */
  workload(
    name: string,
    { generation = 1, resourceVersion }: { readonly generation?: number; readonly resourceVersion: string },
  ): void {
    const restarts = this.#workloads.get(name)?.restarts
    if (restarts && generation > 1 && !restarts.has(generation - 1))
      restarts.set(generation - 1, Number(resourceVersion))
  }

  /** Restarts that are still to come, in words. */
  owed(): string[] {
    return [...this.#stories].flatMap(([target, { isDue, renewed, restarts }]) => {
      const last = Math.max(0, ...restarts.values())
      return isDue || renewed > last ? [`${target}: its workload is to be restarted`] : []
    })
  }

  /** What was wrong. Of two watches none tells which event came first, so that this is asked when all is quiet. */
  violations(): Violation[] {
    return [...this.#stories].flatMap(([object, { contents, restarts }]) =>
      [...restarts].flatMap(([count, at]) => {
        const changes = contents.filter((revision) => revision < at).length
        if (count <= changes) return []
        const expected = `${changes} restarts at most: the Secret had changed so often`
        return [
          { rule: 'a workload is restarted once for a change', object, expected, seen: `restart ${count}` } as const,
        ]
      }),
    )
  }
}

/** Sum of the newest version of each secret; grows when one of them does. */
function newestIn({ data }: SecretSnapshot): number {
  const newest = new Map<string, number>()
  for (const text of data.values()) {
    for (const { secret, version } of versionsIn(text)) newest.set(secret, Math.max(version, newest.get(secret) ?? 0))
  }
  return [...newest.values()].reduce((sum, version) => sum + version, 0)
}
