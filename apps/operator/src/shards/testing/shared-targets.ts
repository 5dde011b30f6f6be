import type { ObservedSecret, SecretWriter, TargetAction, TargetRef } from '@ack-secret-manager/core'
import { SecretSyncError } from '@ack-secret-manager/core'

/** The Secrets of a cluster with the preconditions of the API server, for many resources with one Secret of their name each. */
export class SharedTargets {
  readonly writes = new Map<string, number>()
  readonly texts = new Map<string, string>()
  readonly #observed = new Map<string, ObservedSecret>()
  #version = 0

  /** The writer of one process. It may write while `mayWrite` says so. */
  writer(mayWrite: () => boolean, onWrite: (name: string) => void): SecretWriter {
    const get = (name: string): ObservedSecret | undefined => this.#observed.get(name)
    return {
      observe: async ({ name }: TargetRef) => get(name),
      inspect: async ({ name }: TargetRef) => get(name),
      apply: async (action) => {
        if (!mayWrite()) throw new SecretSyncError('Cancelled', 'leadership ended')
        onWrite(action.target.name)
        return this.#apply(action)
      },
      ownedBy: (_namespace, name) => {
        const found = get(name)
        return found ? [found] : []
      },
      owned: () => [],
      onChange: () => () => undefined,
      close: async () => undefined,
    }
  }

  #apply(action: TargetAction): ObservedSecret {
    if (action.kind !== 'create' && action.kind !== 'patch') throw new Error(`unexpected ${action.kind}`)
    const { name } = action.target
    const before = this.#observed.get(name)
    const isExpected =
      action.kind === 'create' ? before === undefined : before?.resourceVersion === action.ifResourceVersion
    if (!isExpected) throw new SecretSyncError('Conflict', 'not as expected')
    this.writes.set(name, (this.writes.get(name) ?? 0) + 1)
    for (const bytes of action.set.values()) this.texts.set(name, new TextDecoder().decode(bytes.expose()))
    this.#version += 1
    const { owner, record, target, type } = action
    const observed: ObservedSecret = {
      target,
      uid: before?.uid ?? `uid-${name}`,
      resourceVersion: String(this.#version),
      type,
      immutable: false,
      controller: { kind: owner.kind, name: owner.name, uid: owner.uid },
      records: new Map(before?.records).set(owner.name, record),
      drifted: [],
      foreignKeys: new Set(),
      adoptRequested: false,
      metadataDrifted: false,
    }
    this.#observed.set(name, observed)
    return observed
  }
}
