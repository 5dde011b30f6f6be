import { CALM_START_MS } from '../faults/fault-schedule.ts'
import { Random } from '@ack-secret-manager/testenv'
import { LATEST_WRITE_MS } from '../invariants/invariant-checker.ts'
import type { Action, PlannedAction } from './action.ts'
import { REMOVED_METADATA, type RemovedMetadata } from './metadata-removal.ts'
import {
  FOREIGN,
  NAMESPACES,
  OPTIONAL_SECRET,
  type ResourceKind,
  RESOURCES,
  SECRETS,
  SHARED,
  TEMPORARY,
} from './resources.ts'
import type { Naming } from './specs.ts'

const MIN_GAP_MS = 150
const MAX_GAP_MS = 900
/** Longest time until an action is undone. */
const MAX_UNDO_MS = 4_000
/** Repeated edits are restored with backoff, which reaches some seconds after three edits. */
const MAX_EDITS = 3

const CASCADES = ['Background', 'Foreground', 'Orphan'] as const
/** Time in which a wrongly restored ownerReference would let the garbage collector delete an orphan. */
const ORPHANED_MS = 8_000
/** Longer than the latest allowed write for a terminating resource. */
export const LONG_TERMINATION_MS = LATEST_WRITE_MS + 2 * MAX_UNDO_MS

/** Relative frequency of each action. */
const WEIGHTS = {
  rotate: 28,
  edit: 7,
  'drop-key': 4,
  'delete-secret': 6,
  'delete-resource': 9,
  'delete-cluster': 3,
  'remove-metadata': 8,
  suspend: 6,
  'set-extra': 6,
  rename: 6,
  'edit-foreign': 5,
  'refresh-now': 4,
  'edit-template': 5,
  'delete-store': 4,
  'delete-at-kms': 5,
  'revoke-key': 3,
  'create-namespace': 4,
} as const
type Kind = keyof typeof WEIGHTS
const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind as Kind))

/** Kinds of resources that an action does not apply to. */
const WITHOUT: Partial<Record<Kind, readonly ResourceKind[]>> = {
  edit: ['conflict', 'immutable'],
  'drop-key': ['conflict', 'immutable'],
  'delete-secret': ['conflict', 'merge', 'adopt'],
  // Annotations record a pending restart and the recreation of a Secret.
  'remove-metadata': ['conflict', 'restart', 'immutable'],
  // A ClusterExternalSecret recreates its ExternalSecrets at once.
  'delete-resource': ['conflict', 'cluster'],
  suspend: ['conflict', 'cluster'],
  rename: ['conflict', 'cluster'],
}

/** Changes of names, intended or misspelt. */
const NAMINGS: readonly Naming[] = [
  { keys: 'new', misspelt: 'none' },
  { keys: 'same', misspelt: 'first' },
  { keys: 'same', misspelt: 'second' },
  { keys: 'new', misspelt: 'first' },
  { keys: 'new', misspelt: 'second' },
]

/**
 * Name changes that apply to a resource. A resource with one secret has no second one, and a misspelt optional secret is omitted.
 * Templates refer to keys by name.
 */
export function namingsFor(kind: ResourceKind): readonly Naming[] {
  const isRendered = kind === 'template' || kind === 'config-map'
  const hasSecond = !isRendered && kind !== 'extract' && kind !== 'renamed' && kind !== 'optional'
  return NAMINGS.filter(
    ({ keys, misspelt }) => (hasSecond || misspelt !== 'second') && (!isRendered || keys === 'same'),
  )
}

/** Actions of users during a run, by time. Pure. */
export function createWorkload(seed: number, durationMs: number): readonly PlannedAction[] {
  const plan = new Plan(new Random(seed, 'workload'), durationMs)
  const random = new Random(seed, 'times')
  for (let atMs = CALM_START_MS; atMs < durationMs - MAX_UNDO_MS; atMs += random.int(MIN_GAP_MS, MAX_GAP_MS))
    plan.add(atMs)
  return plan.actions.toSorted((a, b) => a.atMs - b.atMs)
}

class Plan {
  readonly actions: PlannedAction[] = []
  readonly #random: Random
  readonly #endMs: number
  readonly #edits = new Map<number, number>()
  /** Objects that are deleted, until they are restored. No other action changes them. */
  readonly #busyUntilMs = new Map<string, number>()

  constructor(random: Random, endMs: number) {
    this.#random = random
    this.#endMs = endMs
  }

  /** Adds one action at that time, unless it does not apply. */
  add(atMs: number): unknown {
    const random = this.#random
    const kind = random.pick(KINDS)
    const count = this.actions.length
    const resource = random.int(0, RESOURCES.length - 1)
    const namespace = random.pick(NAMESPACES)
    const secret = random.pick([...SECRETS, OPTIONAL_SECRET])
    const of = RESOURCES[resource]?.kind ?? 'picks'
    if (WITHOUT[kind]?.includes(of)) return
    const once = (what: string, action: Action): void => {
      if (this.#isFree(what, atMs)) this.actions.push({ atMs, ...action })
    }
    switch (kind) {
      case 'rotate':
        return once(secret, { kind, secret })
      case 'edit':
      case 'drop-key':
        return this.#byHand(atMs, { kind, resource, key: random.int(0, 2) })
      case 'delete-secret':
        return this.#byHand(atMs, { kind, resource })
      case 'delete-resource':
        return this.#deletion(atMs, resource)
      case 'delete-cluster': {
        const cascade = random.pick(CASCADES)
        const isHeld = random.next() < 0.5
        const awayMs = cascade === 'Orphan' ? ORPHANED_MS : undefined
        return this.#twice(atMs, 'cluster', { kind, cascade, isHeld }, { kind: 'create-cluster' }, awayMs)
      }
      case 'remove-metadata':
        return this.#byHand(atMs, { kind, resource, ...removalFor(of, random) })
      case 'suspend':
        return this.#twice(atMs, resourceName(resource), { kind, resource }, { kind: 'resume', resource })
      case 'rename': {
        const naming = random.pick(namingsFor(of))
        const back: Action = { kind: 'restore-names', resource }
        return this.#twice(atMs, resourceName(resource), { kind, resource, ...naming }, back)
      }
      case 'set-extra': {
        const picks = RESOURCES.findIndex((each) => each.kind === 'picks' && each.namespace === namespace)
        return once(resourceName(picks), { kind, resource: picks, extra: random.next() < 0.5 })
      }
      case 'edit-foreign': {
        const name = random.pick([...FOREIGN.filter((each) => !each.endsWith('-key')), ...SHARED])
        return once(name, { kind, namespace, name, state: count })
      }
      case 'refresh-now':
        return once('', { kind, resource })
      case 'edit-template':
        return once('', { kind, namespace })
      case 'delete-store':
        return this.#twice(atMs, `store ${namespace}`, { kind, namespace }, { kind: 'create-store', namespace })
      case 'delete-at-kms':
        return this.#twice(atMs, secret, { kind, secret }, { kind: 'restore-at-kms', secret })
      case 'revoke-key':
        return this.#twice(atMs, 'key', { kind }, { kind: 'restore-key' })
      case 'create-namespace': {
        const made = `${TEMPORARY}${count}`
        return this.#twice(atMs, made, { kind, namespace: made }, { kind: 'delete-namespace', namespace: made })
      }
    }
  }

  #isFree(what: string, atMs: number): boolean {
    return (this.#busyUntilMs.get(what) ?? 0) <= atMs
  }

  #twice(atMs: number, what: string, first: Action, second: Action, awayMs?: number): boolean {
    if (!this.#isFree(what, atMs)) return false
    const backMs = atMs + (awayMs ?? this.#random.int(500, MAX_UNDO_MS))
    this.#busyUntilMs.set(what, backMs + 1)
    this.actions.push({ atMs, ...first }, { atMs: backMs, ...second })
    return true
  }

  /** Some resources terminate so long that no Secret may be created for them any more. */
  #deletion(atMs: number, resource: number): void {
    const random = this.#random
    const cascade = random.pick(CASCADES)
    const isHeld = random.next() < 0.5
    const isLong = isHeld && random.next() < 0.5 && atMs + LONG_TERMINATION_MS < this.#endMs
    const first: Action = { kind: 'delete-resource', resource, cascade, isHeld }
    const second: Action = { kind: 'create-resource', resource }
    const added = this.#twice(atMs, resourceName(resource), first, second, isLong ? LONG_TERMINATION_MS : undefined)
    if (!added || !isLong || WITHOUT['delete-secret']?.includes(RESOURCES[resource]?.kind ?? 'picks')) return
    this.actions.push({ atMs: atMs + LONG_TERMINATION_MS - MAX_UNDO_MS, kind: 'delete-secret', resource })
  }

  #byHand(atMs: number, action: Action & { readonly resource: number }): void {
    const done = this.#edits.get(action.resource) ?? 0
    if (done >= MAX_EDITS || !this.#isFree(resourceName(action.resource), atMs)) return
    this.#edits.set(action.resource, done + 1)
    this.actions.push({ atMs, ...action })
  }
}

/** Without an ownerReference only annotations show that a Secret or its keys are managed, so they stay. */
function removalFor(kind: ResourceKind, random: Random): { what: RemovedMetadata; at: number } {
  const what = random.pick(REMOVED_METADATA)
  return { what: kind === 'merge' || kind === 'retain' ? 'labels' : what, at: random.int(0, 5) }
}

function resourceName(index: number): string {
  return `resource ${index}`
}
