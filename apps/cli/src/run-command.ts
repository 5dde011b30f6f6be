import { commandLineRefusal } from '@ack-secret-manager/command-line'
import { Command, CommanderError } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { AnyCommand } from './commands/command.ts'
import { COMMANDS } from './commands/commands.ts'
import { failureOf } from './failure.ts'
import { addFlags, flagValues } from './flags/add-flags.ts'
import { UsageError } from './input-error.ts'
import { printable } from './output/printable.ts'
import { terminalStream } from './output/terminal-stream.ts'
import { VERSION } from './version.ts'

const EPILOGUE = `
Exit codes: 0 success, 1 at least one resource failed, 2 invalid usage or input, 130 interrupted.
Each command has examples: acksm sync --help`

/** The work of a command whose flags are valid. */
type Work = () => Promise<number>

/**
 * Runs `acksm` until it is done or the signal aborts. Uses the process only through `io`.
 * @param argv arguments after the program name
 * @returns the exit code: 0 success, 1 a resource failed, 2 invalid usage or input, 130 interrupted
 */
export async function runCommand(argv: readonly string[], streams: CommandIo): Promise<number> {
  const io = streams.isTTY.stdout ? onTerminal(streams) : streams
  let command = ''
  try {
    const work = parse(argv, io, (name) => (command = name))
    return work === undefined ? 0 : await work()
  } catch (error) {
    const { lines, exitCode } = failureOf(error, command, io.signal)
    for (const line of lines) io.stderr.write(`acksm: ${printable(line)}\n`)
    return exitCode
  }
}

/** A copy with a safe stdout. Property descriptors are copied, because reading `stdin` opens it. */
function onTerminal(io: CommandIo): CommandIo {
  const stdout = { value: terminalStream(io.stdout), enumerable: true }
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(io), stdout }) as CommandIo
}

/** @returns undefined if it has printed the help or version */
function parse(argv: readonly string[], io: CommandIo, onCommand: (name: string) => void): Work | undefined {
  if (argv.length === 0) {
    throw new UsageError(`expected a command: ${COMMANDS.map(({ name }) => name).join(', ')}`)
  }
  let work: Work | undefined
  const program = prepared(new Command('acksm'), io)
    .usage('COMMAND [flags]')
    .description('Syncs Alibaba Cloud KMS secrets from manifests, without an operator.')
    .version(VERSION, '--version', 'Print the version.')
    .helpCommand('help [COMMAND]', 'Show the help of a command.')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', EPILOGUE)
  for (const definition of COMMANDS) {
    program.addCommand(
      commandOf(definition, io, (read) => {
        onCommand(definition.name)
        work = read()
      }),
    )
  }
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    onCommand(COMMANDS.find(({ name }) => name === argv[0])?.name ?? '')
    throw new UsageError(commandLineRefusal(error))
  }
  return work
}

function commandOf(definition: AnyCommand, io: CommandIo, onPicked: (read: () => Work) => void): Command {
  const { name, summary, description, examples, argument, flags, prepare } = definition
  const command = prepared(new Command(name), io)
    .summary(summary)
    .description(description)
    .usage(`${argument === undefined ? '' : `${argument.name} `}[flags]`)
    .addHelpText('after', `\nExamples:\n${examples.map(([call, does]) => `  # ${does}\n  ${call}`).join('\n')}`)
  if (argument !== undefined) command.argument(`<${argument.name}>`, argument.help)
  addFlags(command, flags)
  return command.action(() => {
    onPicked(() => {
      const run = prepare((table) => flagValues(table, command.opts()))
      return () => run({ argument: command.args[0] ?? '', io })
    })
  })
}

/** Configures a command to throw instead of exiting, and to print only help. */
function prepared(command: Command, io: CommandIo): Command {
  return command
    .exitOverride()
    .helpOption('-h, --help', 'Show this text.')
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => io.columns ?? 100,
      getOutHasColors: () => false,
    })
}
