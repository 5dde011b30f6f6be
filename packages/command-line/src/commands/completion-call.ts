import { kindOf } from '../flags/flag-kinds.ts'
import type { Flag, Flags } from '../flags/flag.ts'

/** What the complete words of an unfinished command line mean. */
export interface CompletionCall {
  /** The flag whose value is next. */
  readonly open: Flag | undefined
  /** The open flag already has a value. */
  readonly isOptional: boolean
  /** Values by flag: the last one; an empty text for a flag without a value. */
  readonly given: ReadonlyMap<string, string>
  /** Positional arguments. */
  readonly count: number
}

/** Reads an unfinished command line. Never throws: what is wrong with it is said when it runs. */
export function completionCall(flags: Flags, words: readonly string[]): CompletionCall {
  const given = new Map<string, string>()
  let open: readonly [name: string, flag: Flag] | undefined
  let count = 0
  for (const word of words) {
    const [, typed = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
    const found = word.startsWith('-') ? flagNamed(flags, typed) : undefined
    if (open !== undefined && found === undefined) {
      given.set(open[0], word)
      // `-f a b` has two values, and a third may follow.
      if (kindOf(open[1].kind).given !== 'several') open = undefined
    } else if (found !== undefined) {
      given.set(found[0], value ?? '')
      open = value === undefined && takesValue(found[1]) ? found : undefined
    } else if (!word.startsWith('-')) count += 1
  }
  return { open: open?.[1], isOptional: open !== undefined && given.get(open[0]) !== '', given, count }
}

function flagNamed(flags: Flags, word: string): readonly [string, Flag] | undefined {
  return Object.entries(flags).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)
}

function takesValue({ kind }: Flag): boolean {
  const { given } = kindOf(kind)
  return given !== 'none' && given !== 'optional'
}
