export {
  type AnyCommand,
  type CommandCall,
  type CommandDefinition,
  type CommandSpec,
  defineCommand,
} from './commands/command.ts'
export type { CommandIo, OutputStream, ProcessHooks, TerminalInput } from './commands/command-io.ts'
export { type Completion, completions, type Completions } from './commands/completions.ts'
export { readFlags, type ReadFlags, runSingleProgram, type SingleProgram } from './commands/read-flags.ts'
export { usageOf } from './commands/parser.ts'
export { type Program, runProgram } from './commands/run-program.ts'
export type { Flag, Flags, FlagValues } from './flags/flag.ts'
export type { BindAddress, FlagKind } from './flags/flag-kinds.ts'
export { FLAG_PATTERNS, type FlagPattern } from './flags/flag-patterns.ts'
export { expectedValue, type FlagSources, flagValue, flagValues, variableOf } from './flags/flag-values.ts'
export { typedText } from './flags/typed-text.ts'
export { UsageError } from './flags/usage-error.ts'
export { onReaderGone } from './process/reader-gone.ts'
export { runProcess } from './process/run-process.ts'
