import { Random } from '@ack-secret-manager/testbed'

/** Namespaces that are there all the time; resource and namespace are told apart by their index. */
export const NAMESPACES = 10

/** Whether something is done to a KMS secret, an ExternalSecret with its Secret, or a namespace. */
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

/** Something that people or machines do. */
export type OperationKind = keyof typeof SUBJECTS

/** One half of an operation, and its time. What has an `end` undoes what `begin` did; the rest is all done at its beginning. */
export interface Operation {
  readonly atMs: number
  readonly kind: OperationKind
  /** Of the secret, resource or namespace; the n-th operation where a number has to be new. */
  readonly index: number
  readonly phase: 'begin' | 'end'
}

/** How often each is drawn; what concerns a whole namespace costs as much as hundreds of the others. */
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
/** In a short run things are back sooner. */
const MAX_AWAY_SHARE = 0.25

/** Options of {@link createChurn}. */
export interface ChurnOptions {
  readonly seed: number
  /** ExternalSecrets, and as many secrets at KMS. */
  readonly resources: number
  readonly durationMs: number
  readonly perSecond: number
}

/** All operations of a run, by time. At its end everything is there that was there at its beginning. Pure. */
export function createChurn({ seed, resources, durationMs, perSecond }: ChurnOptions): readonly Operation[] {
  const random = new Random(seed, 'churn')
  const drawn = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
    Array<OperationKind>(weight).fill(kind as OperationKind),
  )
  const counts = { secret: resources, resource: resources, namespace: NAMESPACES, cluster: 1 }
  const operations: Operation[] = []
  // What is away is left alone until it is back.
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
