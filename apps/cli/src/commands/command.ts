import type { CommandIo } from '../command-io.ts'
import type { Flags, FlagValues } from '../flags/flag.ts'

/** One call of a command. */
export interface CommandCall<F extends Flags> {
  readonly flags: FlagValues<F>
  /** The positional argument; empty for a command without one. */
  readonly argument: string
  readonly io: CommandIo
}

/** Does the work. @returns the exit code */
export type RunCall<F extends Flags> = (call: CommandCall<F>) => Promise<number>

/** A command as data. The help is here; the implementation is loaded when the command runs. */
export interface CommandDefinition<F extends Flags> {
  readonly name: string
  readonly summary: string
  /** Below the usage line of its help. */
  readonly description: string
  /** Calls with what they do. */
  readonly examples: readonly (readonly [call: string, does: string])[]
  readonly argument?: { readonly name: string; readonly help: string }
  readonly flags: F
  readonly load: () => Promise<RunCall<F>>
}

/** A command of any flags. */
export type AnyCommand = Omit<CommandDefinition<Flags>, 'load'> & {
  /** Reads the flags, then loads and runs. @throws UsageError */
  readonly prepare: (
    read: <F extends Flags>(flags: F) => FlagValues<F>,
  ) => (rest: Omit<CommandCall<Flags>, 'flags'>) => Promise<number>
}

/** Makes a command one of many. */
export function defineCommand<const F extends Flags>(definition: CommandDefinition<F>): AnyCommand {
  const { load, ...facts } = definition
  return {
    ...facts,
    prepare: (read) => {
      const flags = read(definition.flags)
      return async (rest) => (await load())({ ...rest, flags })
    },
  }
}
