import { CollectionFollower, type RawObject } from './collection-follower.ts'
import type { InvariantChecker, Violation } from './invariant-checker.ts'
import type { ExpectedState } from './expected-state.ts'
import type { RestartChecker } from './restart-checker.ts'
import type { SecretSnapshot } from './secret-snapshot.ts'

/** Field manager of the operator. */
const OPERATOR = 'ack-secret-manager'

/** Options of {@link Observer}. */
export interface ObserverOptions {
  /** URL of the API server itself, not of a fault proxy. */
  readonly url: string
  readonly caPem: string
  readonly token: string
  readonly expectedState: ExpectedState
  readonly checker: InvariantChecker
  readonly restarts: RestartChecker
  readonly onViolation: (violation: Violation) => void
}

interface RawSecret extends RawObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** Watches Secrets, Deployments and ExternalSecrets on the API server itself, and checks each change. */
export class Observer implements AsyncDisposable {
  readonly secrets = new Map<string, SecretSnapshot>()
  readonly #options: ObserverOptions
  readonly #followers: readonly AsyncDisposable[]

  constructor(options: ObserverOptions) {
    this.#options = options
    const { restarts, expectedState, ...access } = options
    this.#followers = [
      new CollectionFollower<RawSecret>({
        ...access,
        path: '/api/v1/secrets',
        onObject: (key, secret) => this.#step(key, secret && snapshotOf(secret)),
      }),
      new CollectionFollower({
        ...access,
        path: '/apis/apps/v1/deployments',
        onObject: (key, workload) => {
          if (workload) restarts.workload(key, workload.metadata)
        },
      }),
      new CollectionFollower({
        ...access,
        path: '/apis/alibabacloud.com/v1alpha1/externalsecrets',
        onObject: (_key, resource) => {
          const { uid = '', ownerReferences = [] } = resource?.metadata ?? {}
          for (const owner of ownerReferences) expectedState.recordCreator(uid, owner.uid)
        },
      }),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower[Symbol.asyncDispose]()))
  }

  #step(key: string, now: SecretSnapshot | undefined): void {
    const { checker, restarts, onViolation } = this.#options
    const before = this.secrets.get(key)
    if (before?.resourceVersion === now?.resourceVersion) return
    if (now) this.secrets.set(key, now)
    else this.secrets.delete(key)
    restarts.secret(key, before, now)
    for (const violation of checker.check(key, before, now)) onViolation(violation)
  }
}

function snapshotOf({ metadata, type, data = {} }: RawSecret): SecretSnapshot {
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    ownerUid: metadata.ownerReferences?.[0]?.uid,
    data: new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])),
    marks: JSON.stringify([type, metadata.labels ?? {}, metadata.ownerReferences ?? []]),
    isOurs: (metadata.managedFields ?? []).some(({ manager }) => manager === OPERATOR),
    isRestartDue: JSON.stringify(metadata.annotations ?? {}).includes('restartDue'),
  }
}
