import { Command, CommanderError, Help, Option } from 'commander'
import type { Flag, Flags } from '../flags/flag.ts'
import { kindOf } from '../flags/flag-kinds.ts'
import { UsageError } from '../flags/usage-error.ts'
import type { CommandIo } from './command-io.ts'
import type { CommandSpec } from './command.ts'
import { commandLineRefusal } from './command-line-refusal.ts'

/** A commander command that throws instead of exiting, and prints nothing but help. */
export function parserOf(spec: CommandSpec<Flags>, { stdout, columns = 100 }: ParserIo): Command {
  const { name, description, examples, note, argument, more, rest, flags } = spec
  const parser = new Command(name)
    .description(description)
    .usage(usageOf(spec))
    .exitOverride()
    .configureHelp({ formatItem, minWidthToWrap: MIN_TEXT_COLUMNS })
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
  if (note !== undefined) parser.addHelpText('after', `\n${new Help().boxWrap(note, columns)}`)
  if (argument !== undefined) {
    parser.argument(argument.isOptional ? `[${argument.name}]` : `<${argument.name}>`, argument.help)
  }
  if (more !== undefined) parser.argument(moreUsage(more), more.help)
  if (rest !== undefined)
    parser.addHelpText('after', `\nAfter --:\n${new Help().boxWrap(`  ${rest.name}: ${rest.help}`, columns)}`)
  for (const [flag, definition] of Object.entries(flags)) parser.addOption(optionOf(flag, definition))
  return parser
}

/** Columns for the text of a flag, if it follows the name in the same line. */
const MIN_TEXT_COLUMNS = 36
const INDENT = '      '

/** One flag of the help. In a narrow terminal its text is below its name. */
function formatItem(term: string, termWidth: number, text: string, help: Help): string {
  const columns = help.helpWidth ?? 80
  if (columns - termWidth - 4 >= MIN_TEXT_COLUMNS)
    return Help.prototype.formatItem.call(help, term, termWidth, text, help)
  const lines = help.boxWrap(text, Math.max(20, columns - INDENT.length)).split('\n')
  return [`  ${term}`, ...lines.map((line) => `${INDENT}${line}`)].join('\n')
}

/** What the help needs. */
export type ParserIo = Pick<CommandIo, 'stdout' | 'columns'>

/**
 * Parses the arguments.
 * @param options.flags of the command
 * @param options.hintFor ends the message of an error, by the code of commander
 * @returns false if it has printed help or version
 * @throws UsageError
 */
export function parse(
  parser: Command,
  argv: readonly string[],
  { flags, hintFor }: { readonly flags: Flags | undefined; readonly hintFor?: (code: string) => string },
): boolean {
  try {
    parser.parse(argv, { from: 'user' })
    return true
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return false
    throw new UsageError(`${commandLineRefusal(error, flags)}${hintFor?.(error.code) ?? ''}`)
  }
}

/** Values of a parsed command by flag. */
export function givenFlags(parser: Command, flags: Flags): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.keys(flags).map((name) => {
      const option = new Option(`--${name}`)
      const value: unknown = parser.getOptionValue(option.attributeName())
      // commander reads `--no-open` as `open`, which is true unless it is given.
      return [name, option.negate ? value === false || undefined : value]
    }),
  )
}

/** What follows the name of a command in its usage line: arguments, required flags and the other program. */
export function usageOf({
  argument,
  more,
  rest,
  flags,
}: Pick<CommandSpec<Flags>, 'argument' | 'more' | 'rest' | 'flags'>): string {
  const first = argument === undefined ? [] : [argument.isOptional ? `[${argument.name}]` : argument.name]
  const required = Object.entries(flags).flatMap(([flag, each]) =>
    each.required ? [`--${flag} ${placeholderOf(each)}`] : [],
  )
  return [first, more ? moreUsage(more) : [], required, '[flags]', rest ? `-- ${rest.name}` : []].flat().join(' ')
}

/** The arguments after the first in a usage line. */
function moreUsage({ name, isSingle = false }: NonNullable<CommandSpec<Flags>['more']>): string {
  return isSingle ? `[${name}]` : `[${name}...]`
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
