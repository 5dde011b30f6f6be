import { kindOf } from '../flags/flag-kinds.ts'
import type { Flag, Flags } from '../flags/flag.ts'
import type { AnyCommand } from './command.ts'
import type { Program } from './run-program.ts'

/** One candidate for the word that a user is typing. */
export interface Completion {
  readonly word: string
  readonly help: string
}

/** Candidates, or that the shell completes the names of files. */
export type Completions = readonly Completion[] | 'files'

/**
 * Candidates for the last of the words after the program name; it may be empty. The shell scripts of a `completion` command call this.
 */
export function completions({ commands }: Pick<Program, 'commands'>, words: readonly string[]): Completions {
  const typed = words.at(-1) ?? ''
  const [first = ''] = words
  if (words.length <= 1)
    return startingWith(
      typed,
      commands.map(({ name, summary }) => ({ word: name, help: summary })),
    )
  const command: Pick<AnyCommand, 'flags' | 'rest'> = commands.find(({ name }) => name === first) ?? { flags: {} }
  const { flags, rest } = command
  // The shell knows the programs and files, but not the flags of another program.
  if (rest !== undefined && words.slice(0, -1).includes('--')) return 'files'
  const flag = flagNamed(flags, words.at(-2) ?? '')
  if (flag !== undefined && takesValue(flag)) return valuesOf(flag, typed)
  return startingWith(typed, flagWords(flags))
}

function valuesOf({ kind, choices, value = '' }: Flag, typed: string): Completions {
  if (choices)
    return startingWith(
      typed,
      choices.map((word) => ({ word, help: '' })),
    )
  return kind === 'files' || /FILE|DIR/.test(value) ? 'files' : []
}

function flagWords(flags: Flags): readonly Completion[] {
  return Object.entries(flags).flatMap(([name, { help, deprecated }]) =>
    deprecated === undefined ? [{ word: `--${name}`, help }] : [],
  )
}

function flagNamed(flags: Flags, word: string): Flag | undefined {
  return Object.entries(flags).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)?.[1]
}

function takesValue({ kind }: Flag): boolean {
  const { given } = kindOf(kind)
  return given !== 'none' && given !== 'optional'
}

function startingWith(typed: string, candidates: readonly Completion[]): readonly Completion[] {
  return candidates.filter(({ word }) => word.startsWith(typed))
}
