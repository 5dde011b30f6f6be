/** Codes of errors whose message contains only known flags and arguments. */
const SAFE: ReadonlySet<string> = new Set([
  'commander.missingArgument',
  'commander.optionMissingArgument',
  'ERR_PARSE_ARGS_INVALID_OPTION_VALUE',
])
const UNKNOWN_OPTION: ReadonlySet<string> = new Set(['commander.unknownOption', 'ERR_PARSE_ARGS_UNKNOWN_OPTION'])
const EXCESS_ARGUMENTS: ReadonlySet<string> = new Set([
  'commander.excessArguments',
  'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL',
])
/** Cuts the message after the counts, because the excess arguments may follow. */
const EXCESS = /too many arguments.*? but got \d+/
const OPTION = /^(?:--[a-z][a-z-]{0,39}|-[A-Za-z])/
const COMMAND = /^[a-z-]{1,16}$/

/**
 * One-line message for an error of commander or of Node's `parseArgs`. Typed options and commands are repeated only if they
 * look like names, because a user may have typed a secret there.
 */
export function commandLineRefusal({ code, message }: { readonly code: string; readonly message: string }): string {
  if (SAFE.has(code)) return message.replace(/^error: |\n.*/gs, '')
  const typed = /'(.*)'/s.exec(message)?.[1] ?? ''
  const hint = /\n(\(Did you mean .*\?\))$/.exec(message)?.[1]
  const more = hint === undefined ? '' : ` ${hint}`
  if (UNKNOWN_OPTION.has(code)) return `unknown option '${optionName(typed)}'${more}`
  if (code === 'commander.unknownCommand') return `unknown command '${COMMAND.test(typed) ? typed : '…'}'${more}`
  if (EXCESS_ARGUMENTS.has(code)) return EXCESS.exec(message)?.[0] ?? 'too many arguments'
  return 'not understood'
}

function optionName(typed: string): string {
  const name = OPTION.exec(typed)?.[0] ?? ''
  return name === '' || !/^(?:=|$)/.test(typed.slice(name.length)) ? `${name}…` : name
}
