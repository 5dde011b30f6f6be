/** Refusals whose text names flags and arguments of ours alone. */
const SAFE: ReadonlySet<string> = new Set(['commander.missingArgument', 'commander.optionMissingArgument'])
/** As far as the counts; what there was too much of may follow. */
const EXCESS = /too many arguments.*? but got \d+/
const OPTION = /^(?:--[a-z][a-z-]{0,39}|-[A-Za-z])/
const COMMAND = /^[a-z-]{1,16}$/

/**
 * What a person is told of an error of commander, in one line. Of what was typed as an option or a command only what can be the
 * name of one: a secret may stand there, or right behind it.
 */
export function commandLineRefusal({ code, message }: { readonly code: string; readonly message: string }): string {
  if (SAFE.has(code)) return message.replace(/^error: /, '')
  const typed = /'(.*)'/s.exec(message)?.[1] ?? ''
  const hint = /\n(\(Did you mean .*\?\))$/.exec(message)?.[1]
  const more = hint === undefined ? '' : ` ${hint}`
  if (code === 'commander.unknownOption') return `unknown option '${optionName(typed)}'${more}`
  if (code === 'commander.unknownCommand') return `unknown command '${COMMAND.test(typed) ? typed : '…'}'${more}`
  if (code === 'commander.excessArguments') return EXCESS.exec(message)?.[0] ?? 'too many arguments'
  return 'not understood'
}

function optionName(typed: string): string {
  const name = OPTION.exec(typed)?.[0] ?? ''
  return name === '' || !/^(?:=|$)/.test(typed.slice(name.length)) ? `${name}…` : name
}
