import type { Flags, FlagValues } from '../flags/flag.ts'
import { deprecationsOf, flagValues } from '../flags/flag-values.ts'
import { UsageError } from '../flags/usage-error.ts'
import type { CommandIo } from './command-io.ts'
import type { CommandSpec } from './command.ts'
import { givenFlags, parse, type ParserIo, parserOf } from './parser.ts'

/** A program without commands. */
export interface SingleProgram<F extends Flags> extends CommandSpec<F> {
  readonly version?: string
  /** Read flags from variables, and take an empty flag for one that is not set. @default none */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Flags of a program without commands. */
export interface ReadFlags<F extends Flags> {
  readonly values: FlagValues<F>
  /** The positional argument; empty for a program without one, and if an optional one is not given. */
  readonly argument: string
  /** One line for each flag that has no effect any more. */
  readonly warnings: readonly string[]
}

/**
 * Reads the flags of a program without commands. `-flag` is the same as `--flag`, as in Go.
 * @returns undefined if it has printed help or version
 * @throws UsageError
 */
export function readFlags<const F extends Flags>(
  program: SingleProgram<F>,
  argv: readonly string[],
  io: ParserIo,
): ReadFlags<F> | undefined {
  const { version, env, flags } = program
  const parser = parserOf(program, io)
  if (version !== undefined) parser.version(version, '-V, --version', 'Print the version.')
  if (!parse(parser, argv.map(doubleDash), { flags })) return undefined
  const sources = { given: givenFlags(parser, flags), ...(env && { env, allowEmpty: true }) }
  const [argument = ''] = parser.args
  return { values: flagValues(flags, sources), argument, warnings: deprecationsOf(flags, sources) }
}

/**
 * Runs a program without commands.
 * @returns its exit code; 0 after help or version, 2 for wrong usage, which it reports in one line
 */
export async function runSingleProgram<const F extends Flags>(
  program: SingleProgram<F>,
  argv: readonly string[],
  io: Pick<CommandIo, 'stdout' | 'stderr' | 'columns'>,
  run: (values: FlagValues<F>, argument: string) => Promise<number>,
): Promise<number> {
  try {
    const flags = readFlags(program, argv, io)
    if (flags === undefined) return 0
    for (const warning of flags.warnings) io.stderr.write(`${program.name}: ${warning}\n`)
    return await run(flags.values, flags.argument)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    io.stderr.write(`${program.name}: ${error.message}; see --help\n`)
    return 2
  }
}

function doubleDash(argument: string): string {
  return /^-[a-z][a-z-]+(?:=|$)/.test(argument) ? `-${argument}` : argument
}
