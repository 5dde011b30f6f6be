import { isDeepStrictEqual } from 'node:util'
import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import {
  type EventRecorder,
  type KubeClient,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import type { Condition } from '@ack-secret-manager/resources'
import { DriftPacer, PRIORITY, splitKey, WorkQueue } from '@ack-secret-manager/sync-engine'
import { type NamespacePlan, planNamespace } from './namespace-plan.ts'
import { ProgressBook, REVIEW_PAUSE_MS, reviewPauseMs } from './rollout-progress.ts'
import { CLUSTER_EXTERNAL_SECRETS, ClusterExternalSecretReporter } from './cluster-external-secret-reporter.ts'
import { clusterExternalSecretStatus } from './cluster-external-secret-status.ts'
import { isWork, type Tally, tallyOf, withOthers } from './namespace-summary.ts'
import { ClusterExternalSecretWriter, type Deed } from './external-secret-writer.ts'
import type { FoundExternalSecret } from './cached-external-secret.ts'
import { FoundExternalSecrets } from './external-secret-index.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import type { Namespace, Namespaces } from '../shared/namespaces.ts'
import { type SeenClusterExternalSecret, seenClusterExternalSecretOf } from './cached-cluster-external-secret.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

/** Options of a {@link ClusterExternalSecretController}. */
export interface ClusterExternalSecretControllerOptions {
  readonly client: KubeClient
  readonly namespaces: Pick<Namespaces, 'get' | 'entries'>
  readonly filter: NamespaceFilter
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
  readonly random: () => number
  /** Something was done in a namespace. */
  readonly onDeed: (clusterExternalSecret: string, namespace: string, deed: NonNullable<Deed>) => void
  readonly onError: (resource: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/** Namespaces in which something is done at once. */
const CONCURRENCY = 8

/**
 * Makes the ExternalSecrets that ClusterExternalSecrets ask for, one namespace at a time. Level-triggered: whoever tells it
 * something only says where to look. Where nothing is to be done, nothing is asked of the API server.
 */
export class ClusterExternalSecretController {
  readonly #options: ClusterExternalSecretControllerOptions
  readonly #reflector: Reflector<SeenClusterExternalSecret>
  readonly #finalizers: UpstreamFinalizerRemover
  readonly #writer: ClusterExternalSecretWriter
  readonly #reporter: ClusterExternalSecretReporter
  /** What is to be done, by `namespace/name` of the ClusterExternalSecret. */
  readonly #steps: WorkQueue
  /** Statuses to look at, by name. */
  readonly #reviews: WorkQueue
  readonly #found = new FoundExternalSecrets()
  readonly #progress: ProgressBook
  /** Of statuses that somebody else writes. */
  readonly #statusDrift: DriftPacer
  #leading = false

  constructor(options: ClusterExternalSecretControllerOptions) {
    this.#options = options
    const { client, clock, random, onError, onFault } = options
    this.#writer = new ClusterExternalSecretWriter(client)
    this.#reporter = new ClusterExternalSecretReporter(options)
    this.#progress = new ProgressBook(clock)
    this.#statusDrift = new DriftPacer(clock)
    this.#finalizers = new UpstreamFinalizerRemover({
      client,
      pathOf: (name) => `${CLUSTER_EXTERNAL_SECRETS}/${name}`,
      onError,
    })
    this.#reflector = new Reflector<SeenClusterExternalSecret>({
      client,
      path: CLUSTER_EXTERNAL_SECRETS,
      project: (raw) => {
        const { name = '' } = raw.metadata
        this.#finalizers.see(name, raw.metadata)
        return seenClusterExternalSecretOf(raw, this.#reflector.get(name))
      },
      onChange: (change) => this.#onChange(change),
      onFault,
    })
    this.#steps = new WorkQueue({
      process: (key, signal) => this.#step(key, signal),
      onError: (key, error, retryInMs) => this.#onStepError(key, error, retryInMs),
      clock,
      random,
      concurrency: CONCURRENCY,
    })
    const review = (name: string, signal: AbortSignal): Promise<void> => this.#review(name, signal)
    this.#reviews = new WorkQueue({ process: review, onError, clock, random, concurrency: 2 })
  }

  /** Resources by the status of their Ready condition. */
  stats(): Readonly<Record<Condition['status'], number>> {
    const ready = { True: 0, False: 0, Unknown: 0 }
    for (const { status } of this.#reflector.values()) {
      ready[status?.conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'] += 1
    }
    return ready
  }

  /** This replica leads: it may write. All namespaces and ExternalSecrets are known. */
  lead(): void {
    this.#leading = true
    for (const queue of [this.#finalizers, this.#steps, this.#reviews]) queue.start()
    for (const seen of this.#reflector.values()) this.#consider(seen)
  }

  /** A namespace appeared, went, or is not what it was. */
  namespaceChanged(name: string, ...states: ReadonlyArray<Namespace | undefined>): void {
    if (!this.#leading) return
    for (const seen of this.#reflector.values()) {
      const concerns = states.some((state) => state !== undefined && seen.wish?.selects(name, state) === true)
      if (concerns || this.#found.hasMade(seen.uid, name)) this.#look(seen, name)
    }
  }

  /** An ExternalSecret is so now; undefined when it is gone. */
  externalSecretChanged(key: string, found: FoundExternalSecret | undefined): void {
    const before = this.#found.get(key)
    if (before === found) return
    const [namespace, name] = splitKey(key)
    this.#found.set(namespace, name, found)
    const makers = [before?.makerUid, found?.makerUid]
    for (const seen of this.#reflector.values()) {
      if (seen.wish?.wanted.name !== name && !makers.includes(seen.uid)) continue
      const { drifted, lost } = this.#progress.of(seen)
      if (before?.makerUid === seen.uid && !found) lost.add(namespace)
      if (!this.#leading) continue
      // Known before the work begins, and forgotten when its outcome is seen.
      if (this.#plan(seen, namespace)?.step.kind === 'update') drifted.add(namespace)
      else drifted.delete(namespace)
      this.#look(seen, namespace)
    }
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
    await this.close(0)
  }

  /** Finishes the writes under way, aborting them after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#leading = false
    await Promise.all([this.#steps, this.#reviews, this.#finalizers].map((writes) => writes.close(graceMs)))
  }

  #onChange(change: ObjectChange<SeenClusterExternalSecret>): void {
    if (change.kind === 'deleted') {
      this.#progress.forget(change.key)
      this.#statusDrift.forget(change.key)
      return
    }
    if (!this.#leading) return
    const isSame = change.kind === 'updated' && change.previous.generation === change.object.generation
    if (!isSame) this.#consider(change.object)
    else if (!isDeepStrictEqual(change.object.status, change.previous.status)) this.#reviewUnlessOurs(change.object)
  }

  /** A status that somebody else has written is written anew, with pauses that grow if it goes on. */
  #reviewUnlessOurs(seen: SeenClusterExternalSecret): void {
    if (isDeepStrictEqual(seen.status, this.#progress.of(seen).told)) return
    this.#reviews.addAfter(seen.name, this.#statusDrift.dueInMs(seen.name), PRIORITY.routine)
  }

  /** All of its namespaces, now; what came of it, in a moment. */
  #consider(seen: SeenClusterExternalSecret): void {
    this.#survey(seen, 0)
    this.#reviewSoon(seen)
  }

  /** One namespace, because something has changed there. */
  #look(seen: SeenClusterExternalSecret, namespace: string): void {
    const plan = this.#plan(seen, namespace)
    const progress = this.#progress.of(seen)
    if (plan && isWork(plan)) this.#ask(seen, namespace, 0)
    else progress.failures.delete(namespace)
    if (!plan) progress.drift.forget(namespace)
    this.#reviewSoon(seen)
  }

  /** Undefined where there is nothing to look after. */
  #plan({ wish, terminating }: SeenClusterExternalSecret, name: string): NamespacePlan | undefined {
    const { namespaces, filter } = this.#options
    const namespace = namespaces.get(name)
    if (!wish || terminating || !namespace || !admits(filter, name)) return undefined
    return planNamespace(wish.wanted, {
      selected: wish.selects(name, namespace),
      keeps: wish.keeps,
      terminating: namespace.terminating,
      found: this.#found.view(name, wish.wanted),
    })
  }

  #ask(seen: SeenClusterExternalSecret, namespace: string, leastPauseMs: number): void {
    const key = `${namespace}/${seen.name}`
    const pauseMs = Math.max(leastPauseMs, this.#progress.of(seen).drift.pauseMs(namespace))
    if (pauseMs === 0) this.#steps.add(key, PRIORITY.changed)
    else this.#steps.addAfter(key, pauseMs, PRIORITY.changed)
  }

  async #step(key: string, signal: AbortSignal): Promise<void> {
    const [namespace, name] = splitKey(key)
    const seen = this.#reflector.get(name)
    const plan = seen && this.#plan(seen, namespace)
    if (!seen?.wish || !plan) return
    const { failures, drift, drifted, lost } = this.#progress.of(seen)
    const wasDrift = drifted.has(namespace)
    const hadOne = lost.has(namespace) || seen.status?.provisionedNamespaces?.includes(namespace) === true
    const deed = await this.#writer.carryOut(plan.step, { maker: seen, wish: seen.wish, namespace, hadOne }, signal)
    if (deed === 'created') lost.delete(namespace)
    if (failures.delete(namespace)) this.#reviewSoon(seen)
    if (deed === undefined) return
    this.#options.onDeed(name, namespace, deed)
    if (deed !== 'deleted') drift.corrected(namespace)
    if (deed !== 'updated' || !wasDrift) return
    const message = `ExternalSecret ${namespace}/${seen.wish.wanted.name} was changed, and is as it was; change this ClusterExternalSecret instead`
    this.#reporter.tell(seen, { type: 'Normal', reason: 'DriftCorrected', message })
  }

  #onStepError(key: string, error: SecretSyncError, retryInMs: number): void {
    const [namespace, name] = splitKey(key)
    const seen = this.#reflector.get(name)
    if (!seen || error.code === 'Cancelled') return
    this.#progress.of(seen).failures.set(namespace, error.message)
    this.#reviewSoon(seen)
    this.#options.onError(`${name} in ${namespace}`, error, retryInMs)
  }

  async #review(name: string, signal: AbortSignal): Promise<void> {
    const seen = this.#reflector.get(name)
    if (!seen || seen.terminating) return
    const { wish, problem, generation, status: old } = seen
    // What is under work has time to be seen: nothing is done twice.
    const tally = this.#survey(seen, REVIEW_PAUSE_MS)
    const progress = this.#progress.of(seen)
    progress.reviewPauseMs = reviewPauseMs(tally?.pending.length ?? 0)
    const news = clusterExternalSecretStatus(tally, {
      generation,
      externalSecretName: wish?.wanted.name,
      problem,
      old,
      nowMs: this.#options.clock.now(),
    })
    progress.told = news?.status
    if (news && !(await this.#reporter.writeStatus(seen, news, signal))) this.#reviewSoon(seen)
    if (wish?.recheckMs !== undefined) this.#reviews.addAfter(name, wish.recheckMs, PRIORITY.routine)
  }

  /** Looks at all namespaces and asks for what is to be done. Undefined where the spec cannot be read. */
  #survey(seen: SeenClusterExternalSecret, leastPauseMs: number): Tally | undefined {
    const { namespaces, filter } = this.#options
    const { wish, status } = seen
    if (!wish) return undefined
    const plans = [...namespaces.entries()].flatMap(([name]): [string, NamespacePlan][] => {
      const plan = this.#plan(seen, name)
      return plan ? [[name, plan]] : []
    })
    const tally = tallyOf(plans, this.#progress.of(seen).failures)
    for (const namespace of tally.pending) this.#ask(seen, namespace, leastPauseMs)
    return withOthers(tally, status, (name) => {
      const namespace = namespaces.get(name)
      return namespace !== undefined && !admits(filter, name) && wish.selects(name, namespace)
    })
  }

  #reviewSoon(seen: SeenClusterExternalSecret): void {
    this.#reviews.addAfter(seen.name, this.#progress.of(seen).reviewPauseMs, PRIORITY.routine)
  }
}
