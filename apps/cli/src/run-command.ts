import { type CommandIo, type Program, runProgram } from '@ack-secret-manager/command-line'
import { COMMANDS } from './commands/commands.ts'
import { commandFailureOf } from './failure.ts'
import { printable } from './output/printable.ts'
import { terminalStream } from './output/terminal-stream.ts'
import { VERSION } from './version.ts'

const PROGRAM: Program = {
  name: 'acksm',
  version: VERSION,
  description: 'Syncs Alibaba Cloud KMS secrets from manifests, without an operator.',
  commands: COMMANDS,
  note: 'Exit codes: 0 success, 1 at least one resource failed, 2 invalid usage or input, 130 interrupted.\nEach command has examples: acksm sync --help',
}

/**
 * Runs `acksm` until it is done or the signal aborts. Uses the process only through `io`.
 * @param argv arguments after the program name
 * @returns the exit code: 0 success, 1 a resource failed, 2 invalid usage or input, 130 interrupted
 */
export async function runCommand(argv: readonly string[], streams: CommandIo): Promise<number> {
  const io = streams.isTTY.stdout ? onTerminal(streams) : streams
  try {
    return await runProgram(PROGRAM, argv, io)
  } catch (error) {
    const command = COMMANDS.find(({ name }) => name === argv[0])?.name ?? ''
    const { lines, exitCode } = commandFailureOf(error, command, io.signal)
    for (const line of lines) io.stderr.write(`acksm: ${printable(line)}\n`)
    return exitCode
  }
}

/** A copy with a safe stdout. Property descriptors are copied, because reading `stdin` opens it. */
function onTerminal(io: CommandIo): CommandIo {
  const stdout = { value: terminalStream(io.stdout), enumerable: true }
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(io), stdout }) as CommandIo
}
