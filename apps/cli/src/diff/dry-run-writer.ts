import {
  type ObservedSecret,
  SecretSyncError,
  type SecretWriter,
  Sensitive,
  type TargetAction,
  type TargetRef,
  type TargetValues,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'
import { nextTarget } from './next-target.ts'
import type { ReadContent, TargetContent } from './target-content.ts'
import { diffOf, type TargetDiff } from './target-diff.ts'

interface Planned {
  readonly observed: ObservedSecret | undefined
  readonly content: TargetContent
}

/**
 * Observes like another writer, and remembers what that one would write. Later observations see these writes, so that resources with a
 * common target decide as they would after each other.
 */
export class DryRunWriter implements SecretWriter {
  readonly #writer: SecretWriter
  readonly #readContent: ReadContent
  readonly #planned = new Map<string, Planned>()
  readonly #finished = new Set<string>()
  readonly #diffs: TargetDiff[] = []
  #version = 0

  constructor(writer: SecretWriter, readContent: ReadContent) {
    this.#writer = writer
    this.#readContent = readContent
  }

  /** What would be written, sorted by target, in the order of the writes. */
  diffs(): readonly TargetDiff[] {
    return this.#diffs.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
  }

  async observe(
    target: TargetRef,
    options: { signal: AbortSignal; fresh?: boolean },
  ): Promise<ObservedSecret | undefined> {
    const planned = this.#planned.get(keyOf(target))
    return planned === undefined ? this.#writer.observe(target, options) : planned.observed
  }

  async inspect(target: TargetRef, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const planned = this.#planned.get(keyOf(target))
    return planned === undefined ? this.#writer.inspect(target, options) : planned.observed
  }

  async readValues(
    target: TargetRef,
    options: { signal: AbortSignal; keys: readonly string[] },
  ): Promise<TargetValues | undefined> {
    const planned = this.#planned.get(keyOf(target))
    if (planned === undefined) return this.#writer.readValues?.(target, options)
    const { observed, content } = planned
    if (!observed) return undefined
    const values = options.keys.flatMap((key) => {
      const bytes = content.data.get(key)
      return bytes === undefined ? [] : [[key, new Sensitive(bytes)] as const]
    })
    return { observed, values: new Map(values), edited: new Set() }
  }

  serverTimeMs(): number | undefined {
    return this.#writer.serverTimeMs?.()
  }

  async apply(action: TargetAction, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const { target } = action
    const planned = this.#planned.get(keyOf(target))
    const observed = await this.inspect(target, { signal })
    checkPreconditions(action, observed)
    const content = await this.#contentBefore(action, observed, signal)
    // Another resource has written the target meanwhile.
    if (this.#planned.get(keyOf(target)) !== planned) throw conflict(target)
    this.#version += 1
    const after = nextTarget(action, observed, `dry-run-${this.#version}`)
    this.#diffs.push(diffOf(action, { observed, content }, after))
    if (action.kind === 'finish') this.#finished.add(keyOf(target))
    else this.#planned.set(keyOf(target), { observed: after, content: contentAfter(action, content) })
    return after
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return [...this.owned()].filter(({ target, records }) => target.namespace === namespace && records.has(ownerName))
  }

  *owned(): Generator<ObservedSecret, void, void> {
    for (const one of this.#writer.owned()) if (!this.#planned.has(keyOf(one.target))) yield one
    for (const { observed } of this.#planned.values()) {
      if (observed !== undefined && observed.records.size > 0) yield observed
    }
  }

  *unfinished(owner?: {
    readonly namespace: string
    readonly name: string
  }): Generator<UnfinishedReplacement, void, void> {
    for (const one of this.#writer.unfinished?.(owner) ?? []) if (!this.#finished.has(keyOf(one.target))) yield one
  }

  onChange(listener: Parameters<SecretWriter['onChange']>[0]): () => void {
    return this.#writer.onChange(listener)
  }

  close(): Promise<void> {
    this.#planned.clear()
    return this.#writer.close()
  }

  async #contentBefore(action: TargetAction, observed: unknown, signal: AbortSignal): Promise<TargetContent> {
    const planned = this.#planned.get(keyOf(action.target))
    if (planned !== undefined) return planned.content
    if (observed === undefined || !('set' in action)) return { data: new Map(), metadata: new Map() }
    return this.#readContent(action.target, [...action.set.keys()], { signal })
  }
}

/** As the writer would. @throws SecretSyncError `Conflict` */
function checkPreconditions(action: TargetAction, observed: ObservedSecret | undefined): void {
  if (action.kind === 'finish') return
  const isExpected =
    action.kind === 'create'
      ? observed === undefined
      : observed?.uid === action.ifUid && observed.resourceVersion === action.ifResourceVersion
  if (!isExpected) throw conflict(action.target)
}

function conflict(target: TargetRef): SecretSyncError {
  return new SecretSyncError('Conflict', `Secret ${keyOf(target)} has changed`)
}

function contentAfter(action: TargetAction, { data, metadata }: TargetContent): TargetContent {
  if (!('set' in action)) return { data, metadata }
  const values = [...action.set].map(([key, bytes]) => [key, bytes.expose()] as const)
  return {
    data: new Map([...(action.kind === 'create' ? [] : data), ...values]),
    metadata: new Map([...metadata, ...(action.metadata ?? [])]),
  }
}

function keyOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
