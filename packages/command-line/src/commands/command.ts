import type { Flags, FlagValues } from '../flags/flag.ts'
import type { CommandIo } from './command-io.ts'

/** One call of a command. */
export interface CommandCall<F extends Flags> {
  readonly flags: FlagValues<F>
  /** The positional argument; empty for a command without one, and if an optional one is not given. */
  readonly argument: string
  /** The arguments after the first; none for a command without `more`. */
  readonly more: readonly string[]
  /** The arguments after `--`, unchanged; none for a command without `rest`. */
  readonly rest: readonly string[]
  /** Flags on the command line. All others are from variables, or have their default. */
  readonly typed: ReadonlySet<string>
  readonly io: CommandIo
}

/** The positional argument of a command. */
export interface CommandArgument {
  readonly name: string
  readonly help: string
  /** Without it, `argument` is empty. @default false */
  readonly isOptional?: boolean
  /** Where else input is from, for the error of a second argument. */
  readonly excessHint?: string
  /** Allowed values, for completion in a shell. */
  readonly choices?: readonly string[]
  /** What completes it in a shell, by a name that the program knows. */
  readonly completes?: string
}

/** The arguments of a command after `--`. */
export interface CommandRest {
  readonly name: string
  readonly help: string
  /** The error for a word before `--` that a user may have meant otherwise. @default that there are too many arguments */
  readonly misplaced?: (word: string) => string | undefined
}

/** Help and flags of a command, as data. */
export interface CommandSpec<F extends Flags> {
  readonly name: string
  /** Below the usage line of its help. */
  readonly description: string
  /** Calls with what they do. */
  readonly examples: readonly (readonly [call: string, does: string])[]
  /** Last paragraph of the help. */
  readonly note?: string
  readonly argument?: CommandArgument
  /** What a user may have meant by an argument of a command that takes none. */
  readonly excessHint?: string
  /** Any number of arguments after `argument`, or at most one. @default they are refused */
  readonly more?: { readonly name: string; readonly help: string; readonly isSingle?: boolean }
  /** At least one argument after `--` is required, which the parser does not read. @default a `--` is not allowed */
  readonly rest?: CommandRest
  readonly flags: F
}

/** A command of a program. The help is here; the implementation is loaded when the command runs. */
export interface CommandDefinition<F extends Flags> extends CommandSpec<F> {
  /** Its line in the help of the program. */
  readonly summary: string
  /** Heading of its part of that help. @default "Commands" */
  readonly group?: string
  /** Loads the function that does the work and returns the exit code. */
  readonly load: () => Promise<(call: CommandCall<F>) => Promise<number>>
}

/** A command of any flags. */
export type AnyCommand = Omit<CommandDefinition<Flags>, 'load'> & {
  /** Reads the flags, then loads and runs. @throws UsageError */
  readonly run: (
    read: <F extends Flags>(flags: F) => FlagValues<F>,
    rest: Omit<CommandCall<Flags>, 'flags'>,
  ) => Promise<number>
}

/** Makes a command one of many. */
export function defineCommand<const F extends Flags>({ load, ...spec }: CommandDefinition<F>): AnyCommand {
  return {
    ...spec,
    run: async (read, rest) => {
      const flags = read(spec.flags)
      return (await load())({ ...rest, flags })
    },
  }
}
