import { type AnyCommand, type CommandIo, type Completion, completions } from '@ack-secret-manager/command-line'
import { printable } from '../output/printable.ts'
import { candidatesOf } from './candidates.ts'

/** Bits of the last line, as programs with cobra print it. kubectl reads the same from its plug-ins. */
const [NO_SPACE, NO_FILES] = [2, 4]
const MAX_WORDS = 1_000
const MAX_HELP = 100

/** Words of an unfinished command line. */
export interface CompletionRequest {
  /** After the name of the program; the last one is being typed, and may be empty. */
  readonly words: readonly string[]
  /** kubectl adds `--flag=` to the candidates of a value itself. */
  readonly isPlugin: boolean
  readonly io: CommandIo
}

/**
 * Prints candidates for the last word, one a line with its help after a tab, and then how the shell treats them. Without candidates, also
 * after a failure, it prints nothing else: messages would end up in the line that a user is typing.
 */
export async function printCompletions(
  commands: readonly AnyCommand[],
  { words, isPlugin, io }: CompletionRequest,
): Promise<number> {
  const found = completions({ commands }, words)
  if (found.kind === 'files') {
    io.stdout.write(':0\n')
    return 0
  }
  const candidates = found.kind === 'words' ? found.words : await candidatesOf(found, io)
  const prefix = isPlugin ? (/^--[^=]+=/.exec(words.at(-1) ?? '')?.[0] ?? '') : ''
  const lines = candidates.slice(0, MAX_WORDS).map((each) => lineOf(each, prefix.length))
  // `store/` is followed by a name.
  const isOpen = candidates.length > 0 && candidates.every(({ word }) => word.endsWith('/'))
  io.stdout.write([...lines, `:${isOpen ? NO_SPACE | NO_FILES : NO_FILES}`, ''].join('\n'))
  return 0
}

function lineOf({ word, help }: Completion, skipped: number): string {
  const [first = ''] = help.split(/(?<=\.) |\n/)
  const text = first.length > MAX_HELP ? `${first.slice(0, MAX_HELP - 1)}…` : first
  return printable(word.slice(skipped)) + (text === '' ? '' : `\t${printable(text)}`)
}
