import { Command, CommanderError, Option } from 'commander'
import type { Flag, Flags } from '../flags/flag.ts'
import { kindOf } from '../flags/flag-kinds.ts'
import { UsageError } from '../flags/usage-error.ts'
import type { CommandIo } from './command-io.ts'
import type { CommandArgument, CommandSpec } from './command.ts'
import { commandLineRefusal } from './command-line-refusal.ts'

/** A commander command that throws instead of exiting, and prints nothing but help. */
export function parserOf(spec: CommandSpec<Flags>, { stdout, columns = 100 }: ParserIo): Command {
  const { name, description, examples, note, argument, rest, flags } = spec
  const required = Object.entries(flags).flatMap(([flag, each]) =>
    each.required ? [`--${flag} ${placeholderOf(each)}`] : [],
  )
  const parser = new Command(name)
    .description(description)
    .usage([usageOf(argument), required, '[flags]', rest ? `-- ${rest.name}` : []].flat().join(' '))
    .exitOverride()
    // The default of 40 leaves the text of long flags unwrapped in a terminal of 80 columns.
    .configureHelp({ minWidthToWrap: 20 })
    .helpOption('-h, --help', 'Show this text.')
    // Without `--` the words of the other program would be excess arguments; see `checkRest`.
    .allowExcessArguments(rest !== undefined)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => columns,
      getOutHasColors: () => false,
    })
  const calls = examples.map(([call, does]) => `  # ${does}\n  ${call}`)
  if (calls.length > 0) parser.addHelpText('after', `\nExamples:\n${calls.join('\n')}`)
  if (note !== undefined) parser.addHelpText('after', `\n${note}`)
  if (argument !== undefined) {
    parser.argument(argument.isOptional ? `[${argument.name}]` : `<${argument.name}>`, argument.help)
  }
  if (rest !== undefined) parser.addHelpText('after', `\nAfter --:\n  ${rest.name}: ${rest.help}`)
  for (const [flag, definition] of Object.entries(flags)) parser.addOption(optionOf(flag, definition))
  return parser
}

/** What the help needs. */
export type ParserIo = Pick<CommandIo, 'stdout' | 'columns'>

/**
 * Parses the arguments.
 * @param hintFor ends the message of an error, by the code of commander
 * @returns false if it has printed help or version
 * @throws UsageError
 */
export function parse(parser: Command, argv: readonly string[], hintFor?: (code: string) => string): boolean {
  try {
    parser.parse(argv, { from: 'user' })
    return true
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return false
    throw new UsageError(`${commandLineRefusal(error)}${hintFor?.(error.code) ?? ''}`)
  }
}

/** Values of a parsed command by flag. */
export function givenFlags(parser: Command, flags: Flags): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.keys(flags).map((name) => [name, parser.getOptionValue(new Option(`--${name}`).attributeName())]),
  )
}

function usageOf(argument: CommandArgument | undefined): readonly string[] {
  if (argument === undefined) return []
  return [argument.isOptional ? `[${argument.name}]` : argument.name]
}

function placeholderOf({ value, choices, kind }: Flag): string {
  return value ?? choices?.join('|') ?? kind
}

function optionOf(name: string, flag: Flag): Option {
  const { given } = kindOf(flag.kind)
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const value = placeholderOf(flag)
  const shown = flag.default === undefined ? '' : ` (default: ${flag.default})`
  // Choices of a flag with a placeholder are too long for the column of flags.
  const choices = flag.value !== undefined && flag.choices ? ` One of: ${flag.choices.join(', ')}.` : ''
  const syntax = {
    none: '',
    optional: ' [true|false]',
    several: ` <${value}...>`,
    one: ` <${value}>`,
  }[given === 'none' || given === 'optional' || given === 'several' ? given : 'one']
  const option = new Option(`${short}--${name}${syntax}`, `${flag.help}${choices}${shown}`)
  if (given === 'repeated' || given === 'commas') {
    option.argParser((text: string, before: unknown) => [...(Array.isArray(before) ? before : []), text])
  }
  return flag.deprecated === undefined ? option : option.hideHelp()
}
