import {
  type Clock,
  defined,
  isSecretSyncError,
  type SecretSyncError,
  type Sensitive,
  type TemplateRenderer,
  timeText,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { PUSH_FINALIZER, type PushedSecret, type PushSecretResource } from '@ack-secret-manager/resources'
import { RenderTurns } from '../../push/limits/render-turns.ts'
import { ownerText } from '../../push/owner-tag.ts'
import { domainAt, mayBeWanted, placeOf } from '../../push/may-be-same.ts'
import {
  changedByAdmission,
  failed,
  failureOf,
  type PushFailure,
  type PushOutcome,
  type PushReport,
} from '../../push/push-status.ts'
import {
  idOf,
  movedText,
  namesSame,
  planRecord,
  type RecordedTarget,
  recordedTarget,
  type RecordPlan,
  tooMany,
} from '../../push/push-record.ts'
import { pushedValue, type SecretData } from '../../push/pushed-value.ts'
import { versionKey } from '../../push/push-version.ts'
import { splitObsolete } from '../../push/split-obsolete.ts'
import { pushSecret } from '../../push/secret-pusher.ts'
import type { CachedPushSecret } from './cached-push-secret.ts'
import { type CompiledTarget, compileTargets } from './compile-targets.ts'
import type { RunSignals } from './hand-over.ts'
import type { LoopCheck } from './loop-check.ts'
import { PushDeletions, type PushDeletionsOptions, type RunContext } from './push-deletions.ts'
import type { PushSecretReporter } from './push-secret-reporter.ts'
import { assertMayPush, isCancelled, PushSession, type PushSessionOptions } from './push-session.ts'
import { readSecretData, type SourceSecret } from './read-secret-data.ts'

export interface PushRunOptions extends PushDeletionsOptions {
  readonly client: Pick<KubeClient, 'get' | 'list'>
  readonly stores: PushSessionOptions['stores']
  readonly quota: PushSessionOptions['quota']
  readonly silent: PushSessionOptions['silent']
  readonly renderer: Pick<TemplateRenderer, 'render'>
  readonly reporter: Pick<PushSecretReporter, 'writeStatus' | 'writeFinalizers' | 'recordEvent'>
  readonly loops: Pick<LoopCheck, 'check'>
  readonly digestKey: Sensitive<Uint8Array>
  readonly clock: Clock
  /** Whether this process may still push this state of a PushSecret. Checked before each change. */
  readonly mayPush: (resource: CachedPushSecret) => boolean
}

/** How a run ended. */
export type RunEnd =
  /** The resource has changed during the run, so it is processed again. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'finished'; readonly resource: CachedPushSecret; readonly report: PushReport }
  /** The finalizer is removed, or there is none. */
  | { readonly kind: 'released' }

/** Processes a PushSecret once. Continues an interrupted run from the state of KMS and the record in the status. */
export class PushRun {
  readonly #options: PushRunOptions
  readonly #renders: RenderTurns
  readonly #deletions: PushDeletions

  constructor(options: PushRunOptions) {
    this.#options = options
    this.#deletions = new PushDeletions(options)
    this.#renders = new RenderTurns(options.renderer)
  }

  async reconcile(cached: CachedPushSecret, signals: RunSignals): Promise<RunEnd> {
    try {
      return cached.terminating ? await this.#release(cached, signals) : await this.#push(cached, signals)
    } catch (error) {
      // The API server refuses the finalizer or the record, and may still store a status that says so.
      if (!isSecretSyncError(error) || !['WriteDenied', 'WriteFailed'].includes(error.code)) throw error
      const problem = { ...failureOf(error), isTransient: true }
      return { kind: 'finished', resource: cached, report: { problem } }
    }
  }

  async #push(cached: CachedPushSecret, signals: RunSignals): Promise<RunEnd> {
    const { signal } = signals
    if (!cached.parsed.ok) return this.#refuse(cached, cached.parsed.error)
    const { resource: parsed } = cached.parsed
    const deletes = parsed.spec.deletionPolicy === 'Delete'
    const guarded = await this.#syncFinalizer(cached, deletes, signal)
    if (guarded === undefined) return { kind: 'superseded' }
    if (deletes && !guarded.finalizers.includes(PUSH_FINALIZER))
      return this.#refuse(guarded, changedByAdmission('finalizer'))
    const renderer = this.#renders.of({ ...signals, namespace: cached.namespace })
    const { targets, failures } = await compileTargets(parsed, { renderer, uid: cached.uid, signal })
    const place = placeOf(this.#domainOf(cached, parsed.spec.secretStoreRef))
    const wanted = targets.map((target) => ({ ...recordedTarget(target, parsed), ...place }))
    const plan = planRecord(wanted, cached.status?.secrets ?? [], {
      deletionPolicy: parsed.spec.deletionPolicy,
      mayShare: ({ secretStoreRef: ref }, former) =>
        mayBeWanted(this.#domainOf(cached, ref), this.#formerDomainOf(cached, former)),
    })
    const recorded = await this.#writeRecord(guarded, plan, signal)
    if (recorded === undefined) return { kind: 'superseded' }
    const left = plan.moved.filter(({ state }) => state !== 'Pending')
    for (const entry of left) this.#deletions.reportLeft(recorded, entry.key, movedText(entry, place))
    if (deletes && !namesSame(plan.record, recorded.status?.secrets ?? []))
      return this.#refuse(recorded, changedByAdmission('status'))
    await using session = this.#session(signals, wanted)
    const fitting = targets.filter((_target, at) => !plan.excess.has(idOf(wanted[at] as RecordedTarget)))
    const run = this.#contextOf(recorded, signals, session)
    const pushed = await this.#pushAll(recorded, parsed, { targets: fitting, record: plan.record }, run)
    const isFull = plan.excess.size > 0
    const all = isFull ? [...failures, tooMany(plan.excess.size)] : failures
    for (const { code } of all) this.#options.onResult(recorded, undefined, code)
    const { due, held } = splitObsolete(plan.obsolete, { pushed, failures, isFull })
    const deleted = await this.#deletions.deleteObsolete(recorded, parsed, due, run)
    const outcomes = [...pushed, ...held, ...deleted]
    return { kind: 'finished', resource: recorded, report: { outcomes, failures: all } }
  }

  /** Ends a run that pushes nothing. */
  #refuse(cached: CachedPushSecret, error: SecretSyncError): RunEnd {
    this.#options.onResult(cached, undefined, error.code)
    return { kind: 'finished', resource: cached, report: { problem: failureOf(error) } }
  }

  #domainOf({ namespace }: CachedPushSecret, ref: PushedSecret['secretStoreRef']): string {
    return this.#options.domainOf({ namespace, ref })
  }

  /** Where a secret is that was pushed before. */
  #formerDomainOf(cached: CachedPushSecret, { secretStoreRef, region, account }: PushedSecret): string {
    return region === undefined ? this.#domainOf(cached, secretStoreRef) : domainAt(defined({ region, account }))
  }

  async #syncFinalizer(
    cached: CachedPushSecret,
    isWanted: boolean,
    signal: AbortSignal,
  ): Promise<CachedPushSecret | undefined> {
    const has = cached.finalizers.includes(PUSH_FINALIZER)
    if (has === isWanted) return cached
    const others = cached.finalizers.filter((one) => one !== PUSH_FINALIZER)
    return this.#options.reporter.writeFinalizers(cached, isWanted ? [...others, PUSH_FINALIZER] : others, signal)
  }

  /** Called before the first push, so that a later run knows every KMS secret that this run may create. */
  async #writeRecord(
    cached: CachedPushSecret,
    { record, moved }: RecordPlan,
    signal: AbortSignal,
  ): Promise<CachedPushSecret | undefined> {
    if (moved.length === 0 && namesSame(record, cached.status?.secrets ?? [])) return cached
    return this.#options.reporter.writeStatus(cached, { secrets: record }, signal)
  }

  async #pushAll(
    cached: CachedPushSecret,
    parsed: PushSecretResource,
    { targets, record }: { readonly targets: readonly CompiledTarget[]; readonly record: readonly PushedSecret[] },
    run: RunContext,
  ): Promise<readonly PushOutcome[]> {
    const { signal } = run
    const before = new Map(record.map((entry) => [idOf(entry), entry]))
    const entryOf = (target: CompiledTarget): PushedSecret => {
      const id = recordedTarget(target, parsed)
      return before.get(idOf(id)) ?? { ...id, state: 'Pending' }
    }
    if (targets.length === 0) return []
    let secret: SourceSecret
    let loop: (name: string) => SecretSyncError | undefined
    try {
      secret = await readSecretData(this.#options.client, cached.namespace, parsed.spec.selector.name, signal)
      loop = secret.writers ? await this.#options.loops.check(cached, parsed, secret.writers, signal) : () => undefined
    } catch (error) {
      const failure = failureOf(toSecretSyncError(error, `Secret ${parsed.spec.selector.name}`))
      return targets.map((target) => this.#refused(cached, entryOf(target), failure))
    }
    const outcomes: PushOutcome[] = []
    for (const target of targets) {
      const entry = entryOf(target)
      const found = loop(target.name)
      // oxlint-disable-next-line no-await-in-loop -- one PushSecret makes one call at a time
      outcomes.push(
        found === undefined
          ? await this.#pushOne(cached, parsed, target, { ...run, entry, data: secret.data })
          : this.#refused(cached, entry, { ...failureOf(found), reason: 'LoopDetected' }),
      )
    }
    return outcomes
  }

  /** The outcome of a KMS secret without a call. */
  #refused(cached: CachedPushSecret, entry: PushedSecret, failure: PushFailure): PushOutcome {
    this.#options.onResult(cached, entry.key, failure.code)
    return failed(entry, failure)
  }

  async #pushOne(
    cached: CachedPushSecret,
    { spec }: PushSecretResource,
    { name, stages, entry: source }: CompiledTarget,
    { entry, data, ...run }: RunContext & { readonly entry: PushedSecret; readonly data: SecretData },
  ): Promise<PushOutcome> {
    const { cluster, digestKey, clock, reporter, onResult, onChanged } = this.#options
    const { namespace } = cached
    const { session, signal } = run
    try {
      const value = pushedValue(source, spec.selector, data)
      const kms = session.clientFor({ namespace, ref: spec.secretStoreRef, secret: name })
      const owner = ownerText({ cluster, namespace, name: cached.name })
      const result = await pushSecret(
        kms,
        {
          name,
          value,
          stages,
          updatePolicy: spec.updatePolicy,
          owner,
          description: `Pushed by PushSecret ${namespace}/${cached.name}`,
          versionKey: versionKey(digestKey.expose(), owner, name),
        },
        run,
      )
      const { state, versionId, isChanged, notes } = result
      onResult(cached, name, isChanged ? 'pushed' : state === 'Kept' ? 'kept' : 'unchanged')
      if (isChanged) {
        onChanged(name, kms.quota)
        const message = [`KMS secret ${JSON.stringify(name)}: version ${versionId} is current`, ...notes].join('; ')
        reporter.recordEvent(cached, { type: 'Normal', reason: 'Pushed', message })
      }
      const { key, secretStoreRef, region, account } = entry
      const lastPushTime = isChanged ? timeText(clock.now()) : entry.lastPushTime
      return { entry: { key, secretStoreRef, state, ...defined({ region, account, versionId, lastPushTime }) } }
    } catch (error) {
      if (signal.aborted || isCancelled(error)) throw error
      const failure = toSecretSyncError(error, `KMS secret ${JSON.stringify(name)}`)
      onResult(cached, name, failure.code)
      return failed(entry, failureOf(failure))
    }
  }

  /** Deletes the KMS secrets of a deleted PushSecret, and removes its finalizer. */
  async #release(cached: CachedPushSecret, signals: RunSignals): Promise<RunEnd> {
    if (!cached.finalizers.includes(PUSH_FINALIZER)) return { kind: 'released' }
    const { parsed } = cached
    if (!parsed.ok) {
      const why = `the spec is invalid (${parsed.error.message})`
      for (const { key } of cached.status?.secrets ?? []) this.#deletions.reportLeft(cached, key, why)
    } else if (parsed.resource.spec.deletionPolicy === 'Delete') {
      await using session = this.#session(signals)
      const outcomes = await this.#deletions.deleteAll(
        cached,
        parsed.resource,
        this.#contextOf(cached, signals, session),
      )
      if (outcomes.length > 0) return { kind: 'finished', resource: cached, report: { outcomes } }
    }
    const others = cached.finalizers.filter((one) => one !== PUSH_FINALIZER)
    const released = await this.#options.reporter.writeFinalizers(cached, others, signals.signal)
    return released === undefined ? { kind: 'superseded' } : { kind: 'released' }
  }

  #session({ signal, waiting }: RunSignals, wanted: readonly RecordedTarget[] = []): PushSession {
    return new PushSession({ ...this.#options, ...defined({ waiting }), signal, wanted })
  }

  #contextOf(cached: CachedPushSecret, signals: RunSignals, session: PushSession): RunContext {
    return { ...signals, session, beforeChange: () => assertMayPush(() => this.#options.mayPush(cached)) }
  }
}
