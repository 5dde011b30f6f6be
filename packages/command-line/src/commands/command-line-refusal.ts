import type { Flags } from '../flags/flag.ts'

/** A flag without its value, as in `option '-w, --watch <MODE>' argument missing`. */
const NO_VALUE = /(--[\w-]+) <(.+)>' argument missing/
/** Cuts the message after the counts, because the excess arguments may follow. */
const EXCESS = /too many arguments.*? but got \d+/
const OPTION = /^(?:--[a-z][a-z-]{0,39}|-[A-Za-z])/
const COMMAND = /^[a-z-]{1,16}$/

/**
 * One-line message for an error of commander. Typed options and commands are repeated only if they
 * look like names, because a user may have typed a secret there.
 * @param flags of the command
 */
export function commandLineRefusal(
  { code, message }: { readonly code: string; readonly message: string },
  flags: Flags = {},
): string {
  // Their messages contain only known flags and arguments.
  if (code === 'commander.missingArgument') return message.replace(/^error: |\n.*/gs, '')
  if (code === 'commander.optionMissingArgument') {
    const [, flag, value] = NO_VALUE.exec(message) ?? []
    return flag === undefined ? 'a flag needs a value' : `${flag} needs a value: ${value}`
  }
  const typed = /'(.*)'/s.exec(message)?.[1] ?? ''
  const hint = /\n(\(Did you mean .*\?\))$/.exec(message)?.[1]
  const more = hint === undefined ? '' : ` ${hint}`
  if (code === 'commander.unknownOption') {
    const name = optionName(typed)
    // `--help=1`: an option of commander itself, with a value that it does not take.
    const isKnown = hint?.includes(`${name}?`) === true || isSwitch(name, flags)
    return isKnown ? `option '${name}' takes no value` : `unknown option '${name}'${more}`
  }
  if (code === 'commander.unknownCommand') return `unknown command '${COMMAND.test(typed) ? typed : '…'}'${more}`
  if (code === 'commander.excessArguments') return EXCESS.exec(message)?.[0] ?? 'too many arguments'
  return 'not understood'
}

function isSwitch(name: string, flags: Flags): boolean {
  return Object.entries(flags).some(([flag, { kind }]) => kind === 'switch' && `--${flag}` === name)
}

function optionName(typed: string): string {
  const name = OPTION.exec(typed)?.[0] ?? ''
  return name === '' || !/^(?:=|$)/.test(typed.slice(name.length)) ? `${name}…` : name
}
