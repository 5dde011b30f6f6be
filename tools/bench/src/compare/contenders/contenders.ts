/** What is compared. */
export type ContenderName = 'loader' | 'ours' | 'ours-uncapped' | 'go-default' | 'go-tuned' | 'go-uncapped'

/** An operator with its flags, or the bare loader. */
export interface Contender {
  readonly name: ContenderName
  readonly kind: 'loader' | 'ours' | 'go'
  /** Column of a table. */
  readonly title: string
  /** Flags in addition to those that all operators get. */
  readonly flags: readonly string[]
  /** What differs from the others, in one sentence. */
  readonly about: string
}

const TUNED = '--reconcile-count=16'

/** In the order of their columns. */
export const CONTENDERS: readonly Contender[] = [
  {
    name: 'ours',
    kind: 'ours',
    title: 'ours',
    flags: [],
    about: 'Default flags: at most 400 KMS reads a second.',
  },
  {
    name: 'ours-uncapped',
    kind: 'ours',
    title: 'ours, uncapped',
    flags: ['--kms-qps=0'],
    about: 'No limit of KMS reads.',
  },
  {
    name: 'go-default',
    kind: 'go',
    title: 'Go, default',
    flags: [],
    about: 'Default flags: one worker, at most 10 syncs a second.',
  },
  {
    name: 'go-tuned',
    kind: 'go',
    title: 'Go, tuned',
    flags: [TUNED, '--max-concurrent-kms-secret-pulls=400'],
    about: '16 workers, at most 400 syncs a second. Its Kubernetes client sends 20 requests a second.',
  },
  {
    name: 'go-uncapped',
    kind: 'go',
    title: 'Go, uncapped',
    flags: [TUNED, '--max-concurrent-kms-secret-pulls=1000000'],
    about: 'No limit of syncs, and a binary whose Kubernetes client has no rate limit.',
  },
  {
    name: 'loader',
    kind: 'loader',
    title: 'bare loader',
    flags: [],
    about: 'Only our writes for each resource, without KMS, reads or watches.',
  },
]

/** The version that the figures are for. */
export const GO_VERSION = 'v0.5.8'

/** Resources for each secret, where resources share secrets. */
export const SHARED_USERS = 10
