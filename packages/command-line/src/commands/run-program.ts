import type { Command } from 'commander'
import type { Flags, FlagValues } from '../flags/flag.ts'
import { deprecationsOf, flagValues } from '../flags/flag-values.ts'
import { UsageError } from '../flags/usage-error.ts'
import type { AnyCommand } from './command.ts'
import type { CommandIo } from './command-io.ts'
import { givenFlags, parse, parserOf } from './parser.ts'
import { checkRest, splitRest } from './rest-arguments.ts'

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

/** Last paragraph of the help of each command. */
function variablesNote(flags: Flags): string {
  const typed = Object.entries(flags).flatMap(([name, { variable }]) => (variable === false ? [`--${name}`] : []))
  const also =
    typed.length === 0 ? '' : `\nOnly on the command line, because they are for one call: ${typed.join(', ')}.`
  return `Variables: each flag is also read from ACKSM_ and its name: --log-level from ACKSM_LOG_LEVEL.\nThe command line wins. An empty variable means not set.${also}`
}

function headingOf(command: AnyCommand | undefined): string {
  return `${command?.group ?? 'Commands'}:`
}

/** What a user may have meant by arguments that are refused. */
function hintOf(command: AnyCommand | undefined, { code, hasRest }: { code: string; hasRest: boolean }): string {
  const excess = command?.argument?.excessHint ?? command?.excessHint
  if (code === 'commander.excessArguments' && excess !== undefined) return `: ${excess}`
  if (code === 'commander.unknownOption' && command === undefined) return '; flags come after the command'
  const isOfProgram = code === 'commander.unknownOption' && command?.rest !== undefined && !hasRest
  return isOfProgram ? `; ${command.rest.name} and its arguments come after --` : ''
}

/** `help gte` as `gte`, because commander has no error for the help of an unknown command. */
function withKnownHelp(argv: readonly string[], commands: readonly AnyCommand[]): readonly string[] {
  const [first, name] = argv
  const isKnown = name === undefined || name.startsWith('-') || commands.some((command) => command.name === name)
  return first === 'help' && !isKnown ? argv.slice(1) : argv
}

/**
 * Runs one command of a program. Without arguments it prints the help.
 * Flags that are not on the command line are read from variables of `io.env`. Warns on stderr of each flag that has no effect any more.
 * @param argv arguments after the program name
 * @returns the exit code of the command; 0 after help or version
 * @throws UsageError, and whatever the command throws
 */
export async function runProgram(program: Program, argv: readonly string[], io: CommandIo): Promise<number> {
  const { name, version, description, commands, note } = program
  const chosen: { readonly command: AnyCommand; readonly parser: Command }[] = []
  const parser = parserOf({ name, description, examples: [], note, flags: {} }, io)
    .usage('COMMAND [flags]')
    .version(version, '--version', 'Print the version.')
    // After a command, --version may be meant for the command: `get app/db --version v1` must not print this version.
    .enablePositionalOptions()
    .commandsGroup(headingOf(commands.at(-1)))
    .helpCommand('help [COMMAND]', 'Show the help of a command.')
    .configureHelp({ subcommandTerm: (command) => command.name() })
  for (const command of commands) {
    const hasFlags = Object.keys(command.flags).length > 0
    const lastNote = [command.note ?? [], hasFlags ? variablesNote(command.flags) : []].flat().join('\n\n')
    const subparser = parserOf({ ...command, ...(lastNote === '' ? {} : { note: lastNote }) }, io)
    subparser.summary(command.summary).helpGroup(headingOf(command))
    parser.addCommand(subparser.action(() => void chosen.push({ command, parser: subparser })))
  }
  const { own, rest } = splitRest(commands, argv.length === 0 ? ['--help'] : argv)
  const meant = commands.find((command) => command.name === own[0])
  parse(parser, withKnownHelp(own, commands), {
    flags: meant?.flags,
    hintFor: (code) => hintOf(meant, { code, hasRest: rest !== undefined }),
  })
  const [call] = chosen
  if (call === undefined) return 0
  checkRest(call.command, { given: call.parser.args, rest })
  const [argument = '', ...more] = call.parser.args
  const spec = call.command.argument
  // As with an unset variable of a shell.
  if (spec !== undefined && spec.isOptional !== true && argument === '') throw new UsageError(`${spec.name} is empty`)
  const given = givenFlags(call.parser, call.command.flags)
  const typed = new Set(Object.keys(given).filter((flag) => given[flag] !== undefined))
  const read = <F extends Flags>(flags: F): FlagValues<F> => {
    const sources = { given, env: io.env }
    const values = flagValues(flags, sources)
    for (const warning of deprecationsOf(flags, sources)) io.stderr.write(`${name}: ${warning}\n`)
    return values
  }
  return call.command.run(read, {
    argument,
    more: call.command.more === undefined ? [] : more,
    rest: rest ?? [],
    typed,
    io,
  })
}
