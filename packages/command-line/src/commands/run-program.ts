import type { Command } from 'commander'
import type { Flags, FlagValues } from '../flags/flag.ts'
import { deprecationsOf, flagValues } from '../flags/flag-values.ts'
import { UsageError } from '../flags/usage-error.ts'
import type { AnyCommand } from './command.ts'
import type { CommandIo } from './command-io.ts'
import { givenFlags, parse, parserOf } from './parser.ts'

/** A program of several commands. */
export interface Program {
  readonly name: string
  readonly version: string
  readonly description: string
  /** In the order of the help. */
  readonly commands: readonly AnyCommand[]
  /** Last paragraph of the help. */
  readonly note: string
}

/**
 * Runs one command of a program. Warns on stderr of each flag that has no effect any more.
 * @param argv arguments after the program name
 * @returns the exit code of the command; 0 after help or version
 * @throws UsageError, and whatever the command throws
 */
export async function runProgram(program: Program, argv: readonly string[], io: CommandIo): Promise<number> {
  const { name, version, description, commands, note } = program
  if (argv.length === 0) throw new UsageError(`expected a command: ${commands.map((each) => each.name).join(', ')}`)
  const chosen: { readonly command: AnyCommand; readonly parser: Command }[] = []
  const parser = parserOf({ name, description, examples: [], note, flags: {} }, io)
    .usage('COMMAND [flags]')
    .version(version, '--version', 'Print the version.')
    .helpCommand('help [COMMAND]', 'Show the help of a command.')
    .configureHelp({ subcommandTerm: (command) => command.name() })
  for (const command of commands) {
    const subparser = parserOf(command, io).summary(command.summary)
    parser.addCommand(subparser.action(() => void chosen.push({ command, parser: subparser })))
  }
  parse(parser, argv)
  const [call] = chosen
  if (call === undefined) return 0
  const [argument = ''] = call.parser.args
  const read = <F extends Flags>(flags: F): FlagValues<F> => {
    const sources = { given: givenFlags(call.parser, flags) }
    const values = flagValues(flags, sources)
    for (const warning of deprecationsOf(flags, sources)) io.stderr.write(`${name}: ${warning}\n`)
    return values
  }
  return call.command.run(read, { argument, io })
}
