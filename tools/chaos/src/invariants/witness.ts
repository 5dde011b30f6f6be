import { CollectionFollower, type RawObject } from './collection-follower.ts'
import type { Judge, Violation } from './judge.ts'
import type { Ledger } from './ledger.ts'
import type { RestartJudge } from './restart-judge.ts'
import type { SeenSecret } from './seen-secret.ts'

/** Whom the operator calls itself in what it writes. */
const OPERATOR = 'ack-secret-manager'

/** Options of {@link Witness}. */
export interface WitnessOptions {
  /** The API server itself, not a door. */
  readonly url: string
  readonly caPem: string
  readonly token: string
  readonly ledger: Ledger
  readonly judge: Judge
  readonly restarts: RestartJudge
  readonly onViolation: (violation: Violation) => void
}

interface RawSecret extends RawObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** Watches Secrets, Deployments and ExternalSecrets on the API server itself, and has each step judged. */
export class Witness implements AsyncDisposable {
  readonly secrets = new Map<string, SeenSecret>()
  readonly #options: WitnessOptions
  readonly #followers: readonly AsyncDisposable[]

  constructor(options: WitnessOptions) {
    this.#options = options
    const { restarts, ledger, ...access } = options
    this.#followers = [
      new CollectionFollower<RawSecret>({
        ...access,
        path: '/api/v1/secrets',
        onObject: (key, secret) => this.#step(key, secret && seenOf(secret)),
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
          for (const owner of ownerReferences) ledger.noteMaker(uid, owner.uid)
        },
      }),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower[Symbol.asyncDispose]()))
  }

  #step(key: string, now: SeenSecret | undefined): void {
    const { judge, restarts, onViolation } = this.#options
    const before = this.secrets.get(key)
    if (before?.resourceVersion === now?.resourceVersion) return
    if (now) this.secrets.set(key, now)
    else this.secrets.delete(key)
    restarts.secret(key, before, now)
    for (const violation of judge.judge(key, before, now)) onViolation(violation)
  }
}

function seenOf({ metadata, type, data = {} }: RawSecret): SeenSecret {
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
