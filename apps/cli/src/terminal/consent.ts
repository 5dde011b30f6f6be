import { type CommandIo, UsageError } from '@ack-secret-manager/command-line'
import { printable } from '../output/printable.ts'
import { DeclinedError } from './declined-error.ts'
import { Prompt } from './prompt.ts'

/** What the user agrees to. */
export interface ConsentRequest {
  /** What happens, shown before the question. */
  readonly lines: readonly string[]
  /** @default 'Continue?' */
  readonly question?: string
  /** A text that the user types instead of `y`, for a change that cannot be undone. */
  readonly typed?: string
  /** Ends the question. @default that of the command */
  readonly signal?: AbortSignal
}

/** Asks for the consent of the user. @throws DeclinedError, InterruptedError */
export type Consent = (request: ConsentRequest) => Promise<void>

/**
 * How a command gets the consent of the user: by `--yes`, or by a question on the terminal. Call it before any other work.
 * @throws UsageError without both
 */
export function consentOf(io: CommandIo, { yes }: { readonly yes: boolean }): Consent {
  if (yes) return () => Promise.resolve()
  const prompt = Prompt.open(io)
  if (prompt === undefined) throw new UsageError('there is no terminal to ask on: add --yes, or --dry-run')
  return async ({ lines, question = 'Continue?', typed, signal }) => {
    const options = signal === undefined ? {} : { signal }
    for (const line of lines) io.stderr.write(`${printable(line)}\n`)
    const isAgreed =
      typed === undefined
        ? await prompt.confirm(question, options)
        : (await prompt.ask(`${question} Type ${printable(typed)} to confirm: `, options)) === typed
    if (!isAgreed) throw new DeclinedError()
  }
}
