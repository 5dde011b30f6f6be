import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { assignmentText } from './assignment.ts'
import type { EXEC_FLAGS } from './exec-flags.ts'
import { getEntries } from './get-entries.ts'
import { allEntries, type NamedSecrets } from './named-secrets.ts'
import { isVariableName } from './variable-names.ts'
import { type WatchMode, watchModeOf } from './watch-mode.ts'

/** What the flags ask for. */
export interface ExecPlan {
  /** Secrets that flags name; undefined if manifests do. */
  readonly named: NamedSecrets | undefined
  readonly mode: WatchMode
}

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

type Call = Pick<CommandCall<typeof EXEC_FLAGS>, 'flags' | 'typed' | 'rest'>

/** Checks the flags against each other. Those of the command line win over variables. @throws UsageError */
export function execPlan({ flags, typed, rest }: Call): ExecPlan {
  const named = namedSecrets({ flags, typed, rest })
  const mode = watchModeOf(flags.watch)
  const refuse = (names: readonly string[], isMeaningless: boolean, why: string): void => {
    const name = names.find((each) => typed.has(each))
    if (isMeaningless && name !== undefined) throw new UsageError(`--${name} ${why}`)
  }
  refuse(MANIFEST_ONLY, named !== undefined, 'needs -f')
  refuse(['prefix'], flags.all.length === 0, 'needs --all')
  refuse(VARIABLE_FLAGS, flags.files !== undefined, 'has no effect with --files')
  refuse(['polling-interval'], mode.kind === 'once', 'needs --watch')
  refuse(['stop-timeout'], mode.kind !== 'restart', 'needs --watch restart')
  if (flags.pristine && flags['keep-credentials'] && typed.has('pristine') === typed.has('keep-credentials')) {
    throw new UsageError('--pristine and --keep-credentials cannot be combined')
  }
  if (!flags['allow-env'].every(isVariableName)) {
    throw new UsageError('--allow-env: expected the name of an environment variable')
  }
  if (mode.kind === 'signal' && flags.files === undefined) {
    throw new UsageError('--watch signal=… needs --files, because the environment of a running program cannot change')
  }
  return { named, mode }
}

/** @throws UsageError */
function namedSecrets({ flags, typed, rest: [program = ''] }: Call): NamedSecrets | undefined {
  const { get, all, prefix = '', filename } = flags
  const isTyped = typed.has('get') || typed.has('all')
  const isNamed = get.length + all.length > 0
  if (isNamed && filename.length > 0 && isTyped === typed.has('filename')) {
    throw new UsageError(`--${get.length > 0 ? 'get' : 'all'} and -f cannot be combined`)
  }
  if (!isNamed && filename.length === 0) {
    const assignment = assignmentText(program)
    if (assignment !== undefined) {
      throw new UsageError(`${assignment} after -- is part of COMMAND; write --get NAME=SECRET before --`)
    }
    throw new UsageError('-f FILE|DIR, --get NAME=SECRET or --all SECRET is required')
  }
  if (!isNamed || typed.has('filename')) return undefined
  return { entries: getEntries(get), all: allEntries(all, prefix) }
}
