import { UsageError } from '../flags/usage-error.ts'
import type { AnyCommand } from './command.ts'

/** The arguments of a call, split at the first `--` of a command with `rest`. */
export interface SplitArguments {
  /** Without the `--`. */
  readonly own: readonly string[]
  /** Undefined without a `--`. */
  readonly rest: readonly string[] | undefined
}

/** What Node puts in place of bytes that are not UTF-8. The original bytes are lost. */
const REPLACEMENT_CHARACTER = '\uFFFD'

/** Splits before the parser sees the arguments, because it would read the flags of another program. */
export function splitRest(commands: readonly AnyCommand[], argv: readonly string[]): SplitArguments {
  const command = commands.find(({ name }) => name === argv[0])
  const at = command?.rest === undefined ? -1 : argv.indexOf('--')
  return at === -1 ? { own: argv, rest: undefined } : { own: argv.slice(0, at), rest: argv.slice(at + 1) }
}

/**
 * Checks that a command got what it requires after `--`, and that it can be passed on unchanged.
 * @param call with the arguments before `--` that are no flags
 * @throws UsageError
 */
export function checkRest(
  { name, argument, rest: spec }: Pick<AnyCommand, 'name' | 'argument' | 'rest'>,
  { given, rest }: { readonly given: readonly string[]; readonly rest: SplitArguments['rest'] },
): void {
  if (spec === undefined) return
  const excess = given.slice(argument === undefined ? 0 : 1)
  const [misplaced] = excess.flatMap((word) => spec.misplaced?.(word) ?? [])
  if (misplaced !== undefined) throw new UsageError(misplaced)
  if (rest === undefined) throw new UsageError(`${name} needs -- before ${spec.name}`)
  if (excess.length > 0) {
    const places = `${spec.name} and its arguments come after it, and only flags before it`
    throw new UsageError(`too many arguments before --: ${places}`)
  }
  if (rest[0] === undefined || rest[0] === '') throw new UsageError(`expected ${spec.name} after --`)
  const lost = rest.findIndex((text) => text.includes(REPLACEMENT_CHARACTER))
  if (lost !== -1) {
    throw new UsageError(`argument ${lost + 1} after -- is not UTF-8, so it cannot be passed on unchanged`)
  }
}
