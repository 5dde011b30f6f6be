import { Random } from '@ack-secret-manager/testenv'

/** Number of permanent namespaces. */
export const NAMESPACES = 10

/** Subject of each kind of operation: a KMS secret, an ExternalSecret with its Secret, a namespace, or the cluster. */
const SUBJECTS = {
  rotate: 'secret',
  'fail-reads': 'secret',
  'lose-secret': 'secret',
  'edit-by-hand': 'resource',
  'delete-by-hand': 'resource',
  'delete-resource': 'resource',
  'change-spec': 'resource',
  'change-templates': 'namespace',
  'change-credential': 'namespace',
  'change-store': 'namespace',
  'delete-store': 'namespace',
  deselect: 'namespace',
  'add-namespace': 'namespace',
  'cut-connections': 'cluster',
} as const

/** Kind of an operation. */
export type OperationKind = keyof typeof SUBJECTS

/** One phase of an operation, and its time. An `end` undoes its `begin`; other operations have only a `begin`. */
export interface Operation {
  readonly atMs: number
  readonly kind: OperationKind
  /** Index of the secret, resource or namespace; the number of the operation where it must be unique. */
  readonly index: number
  readonly phase: 'begin' | 'end'
}

/** Relative frequency. An operation on a namespace costs as much as hundreds of others. */
const WEIGHTS: Partial<Record<OperationKind, number>> = {
  rotate: 300,
  'delete-resource': 150,
  'change-spec': 150,
  'edit-by-hand': 100,
  'fail-reads': 100,
  'lose-secret': 60,
  'delete-by-hand': 50,
  'change-templates': 30,
  'add-namespace': 15,
  deselect: 15,
  'change-credential': 5,
  'change-store': 5,
  'delete-store': 5,
  'cut-connections': 5,
}
const ONCE: ReadonlySet<OperationKind> = new Set(['rotate', 'fail-reads', 'edit-by-hand', 'delete-by-hand'])
const MIN_AWAY_MS = 500
const MAX_AWAY_MS = 8_000
/** Short runs restore objects sooner. */
const MAX_AWAY_SHARE = 0.25

/** Options of {@link createChurn}. */
export interface ChurnOptions {
  readonly seed: number
  /** ExternalSecrets, and as many secrets at KMS. */
  readonly resources: number
  readonly durationMs: number
  readonly perSecond: number
}

/** All operations of a run, by time. The final state equals the initial state. Pure. */
export function createChurn({ seed, resources, durationMs, perSecond }: ChurnOptions): readonly Operation[] {
  const random = new Random(seed, 'churn')
  const drawn = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
    Array<OperationKind>(weight).fill(kind as OperationKind),
  )
  const counts = { secret: resources, resource: resources, namespace: NAMESPACES, cluster: 1 }
  const operations: Operation[] = []
  // A deleted object gets no other operation until it is restored.
  const busyUntilMs = new Map<string, number>()
  const maxAwayMs = Math.min(MAX_AWAY_MS, Math.floor(durationMs * MAX_AWAY_SHARE))
  const lastMs = durationMs - maxAwayMs
  for (let n = 0, atMs = 0; atMs < lastMs; n += 1, atMs = Math.round((n * 1_000) / perSecond)) {
    const kind = random.pick(drawn)
    const subject = SUBJECTS[kind]
    const index = kind === 'add-namespace' ? n : random.int(0, counts[subject] - 1)
    const endMs = atMs + random.int(MIN_AWAY_MS, maxAwayMs)
    const what = `${subject} ${index}`
    if ((busyUntilMs.get(what) ?? -1) >= atMs) continue
    operations.push({ atMs, kind, index, phase: 'begin' })
    if (ONCE.has(kind)) continue
    busyUntilMs.set(what, endMs)
    operations.push({ atMs: endMs, kind, index, phase: 'end' })
  }
  return operations.toSorted((a, b) => a.atMs - b.atMs)
}
