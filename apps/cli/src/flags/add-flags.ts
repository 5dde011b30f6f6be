import { type Command, Option } from 'commander'
import type { Flag, Flags, FlagValues } from './flag.ts'
import { flagValue } from './flag-value.ts'

/** Declares flags on a commander command. */
export function addFlags(command: Command, flags: Flags): void {
  for (const [name, flag] of Object.entries(flags)) command.addOption(optionOf(name, flag))
}

/** Values of the flags of a command that was parsed. @throws UsageError */
export function flagValues<F extends Flags>(flags: F, given: Readonly<Record<string, unknown>>): FlagValues<F> {
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    flagValue(name, flag, given[optionOf(name, flag).attributeName()]),
  ])
  // Keys and values are derived from the same table of flags.
  return Object.fromEntries(values) as FlagValues<F>
}

function optionOf(name: string, flag: Flag): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const value = flag.value ?? flag.choices?.join('|') ?? flag.kind.toUpperCase()
  const shown = flag.default === undefined ? '' : ` (default: ${flag.default})`
  // Choices of a flag with a placeholder are too long for the column of flags.
  const choices = flag.value !== undefined && flag.choices ? ` One of: ${flag.choices.join(', ')}.` : ''
  const help = `${flag.help}${choices}${shown}`
  switch (flag.kind) {
    case 'switch':
      return new Option(`${short}--${name}`, help)
    case 'paths':
      return new Option(`${short}--${name} <${value}...>`, help)
    case 'list':
      return new Option(`${short}--${name} <${value}>`, help).argParser((text: string, before: unknown) => [
        ...(Array.isArray(before) ? before : []),
        text,
      ])
    default:
      return new Option(`${short}--${name} <${value}>`, help)
  }
}
