import { type AnyCommand, type CommandIo, type Program, runProgram } from '@ack-secret-manager/command-line'
import { COMMANDS } from './commands/commands.ts'
import { commandFailureOf } from './failure.ts'
import { printable } from './output/printable.ts'
import type { ProgramName } from './program-name.ts'
import { terminalStream } from './output/terminal-stream.ts'
import { VERSION } from './version.ts'

function programCalled(name: ProgramName): Program {
  return {
    name,
    version: VERSION,
    description: 'Syncs Alibaba Cloud KMS secrets from manifests, and shows what the operator does in a cluster.',
    commands: name === 'acksm' ? COMMANDS : COMMANDS.map((command) => calledAs(name, command)),
    note: `Exit codes: 0 success, 1 at least one resource failed, 2 invalid usage or input, 130 interrupted.\nEach command has examples: ${name} sync --help`,
  }
}

/** A command with examples for another name of the program. */
function calledAs(name: ProgramName, command: AnyCommand): AnyCommand {
  const examples = command.examples.map(([call, does]) => [call.replaceAll(/\backsm(?= )/g, name), does] as const)
  return { ...command, examples }
}

/**
 * Runs `acksm` until it is done or the signal aborts. Uses the process only through `io`.
 * @param argv arguments after the program name
 * @param name how a user calls the program, for help and messages
 * @returns the exit code: 0 success, 1 a resource failed, 2 invalid usage or input, 130 interrupted
 */
export async function runCommand(
  argv: readonly string[],
  streams: CommandIo,
  name: ProgramName = 'acksm',
): Promise<number> {
  const io = streams.isTTY.stdout ? onTerminal(streams) : streams
  try {
    return await runProgram(programCalled(name), argv, io)
  } catch (error) {
    const command = COMMANDS.find((each) => each.name === argv[0])?.name ?? ''
    const { lines, exitCode } = commandFailureOf(error, command, io.signal, name)
    for (const line of lines) io.stderr.write(`acksm: ${printable(line)}\n`)
    return exitCode
  }
}

/** A copy with a safe stdout. Property descriptors are copied, because reading `stdin` opens it. */
function onTerminal(io: CommandIo): CommandIo {
  const stdout = { value: terminalStream(io.stdout), enumerable: true }
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(io), stdout }) as CommandIo
}
