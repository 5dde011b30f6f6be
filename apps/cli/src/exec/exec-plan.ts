import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import type { EXEC_FLAGS } from './exec-flags.ts'
import { type GetEntry, getEntries } from './get-entries.ts'
import { isVariableName } from './variable-names.ts'
import { type WatchMode, watchModeOf } from './watch-mode.ts'

/** What the flags ask for. */
export interface ExecPlan {
  readonly entries: readonly GetEntry[]
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

/** Checks the flags against each other. Those of the command line win over variables. @throws UsageError */
export function execPlan({ flags, typed }: Pick<CommandCall<typeof EXEC_FLAGS>, 'flags' | 'typed'>): ExecPlan {
  const given = (name: 'get' | 'filename'): boolean => flags[name].length > 0
  if (given('get') && given('filename') && typed.has('get') === typed.has('filename')) {
    throw new UsageError('--get and -f cannot be combined')
  }
  if (!given('get') && !given('filename')) throw new UsageError('-f FILE|DIR or --get NAME=SECRET is required')
  const entries = given('get') && !typed.has('filename') ? getEntries(flags.get) : []
  const mode = watchModeOf(flags.watch)
  const refuse = (names: readonly string[], isMeaningless: boolean, why: string): void => {
    const name = names.find((each) => typed.has(each))
    if (isMeaningless && name !== undefined) throw new UsageError(`--${name} ${why}`)
  }
  refuse(MANIFEST_ONLY, entries.length > 0, 'needs -f')
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
  return { entries, mode }
}
