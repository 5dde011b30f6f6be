import { type FlagValues, UsageError } from '@ack-secret-manager/command-line'
import type { EXEC_FLAGS } from './exec-flags.ts'
import { type GetEntry, getEntries } from './get-entries.ts'
import { isVariableName } from './variable-names.ts'
import { type WatchMode, watchModeOf } from './watch-mode.ts'

/** What the flags ask for. */
export interface ExecPlan {
  readonly entries: readonly GetEntry[]
  readonly mode: WatchMode
}

type ExecFlagValues = FlagValues<typeof EXEC_FLAGS>

/** Flags that say how keys become variables. */
const VARIABLE_FLAGS = ['names', 'skip-invalid-names', 'allow-env'] as const
/** Flags that apply to manifests. */
const MANIFEST_ONLY = [
  'secret',
  'namespace',
  'allow-token-path',
  'backend-package',
  'plugin-dir',
  'enable-cross-namespace-secret-store',
  'enable-cross-namespace-auth-ref',
] as const

/** Checks the flags against each other. @throws UsageError */
export function execPlan(flags: ExecFlagValues): ExecPlan {
  const entries = getEntries(flags.get)
  const mode = watchModeOf(flags.watch)
  if (entries.length > 0 && flags.filename.length > 0) throw new UsageError('--get and -f cannot be combined')
  if (entries.length === 0 && flags.filename.length === 0) {
    throw new UsageError('-f FILE|DIR or --get NAME=SECRET is required')
  }
  const meaningless = entries.length > 0 ? MANIFEST_ONLY.find((name) => isGiven(flags[name])) : undefined
  if (meaningless !== undefined) throw new UsageError(`--${meaningless} needs -f`)
  if (flags.files !== undefined) {
    const other = VARIABLE_FLAGS.find((name) => isGiven(flags[name]))
    if (other !== undefined) throw new UsageError(`--${other} has no effect with --files`)
  }
  const invalid = flags['allow-env'].findIndex((name) => !isVariableName(name))
  if (invalid !== -1) throw new UsageError('--allow-env: expected the name of an environment variable')
  if (mode.kind === 'signal' && flags.files === undefined) {
    throw new UsageError('--watch signal=… needs --files, because the environment of a running program cannot change')
  }
  if (mode.kind === 'once' && flags['polling-interval'] !== undefined) {
    throw new UsageError('--polling-interval needs --watch')
  }
  if (mode.kind !== 'restart' && flags['stop-timeout'] !== undefined) {
    throw new UsageError('--stop-timeout needs --watch restart')
  }
  return { entries, mode }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false
}
