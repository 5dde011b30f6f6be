import {
  type AnyCommand,
  type CommandIo,
  type OutputStream,
  type Program,
  runProgram,
} from '@ack-secret-manager/command-line'
import { COMMANDS } from './commands/commands.ts'
import { commandFailureOf } from './failure.ts'
import { errorDocument, wantsJson } from './output/json-error.ts'
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
  if (isCompletion(argv)) return complete(argv, streams, name)
  const stdout = new ResultStream(streams.isTTY.stdout ? terminalStream(streams.stdout) : streams.stdout)
  const io = withStdout(streams, stdout)
  try {
    return await runProgram(programCalled(name), argv, io)
  } catch (error) {
    const command = COMMANDS.find((each) => each.name === argv[0])
    const failure = commandFailureOf(error, command?.name ?? '', io.signal, name)
    const { lines, exitCode } = failure
    for (const line of lines) io.stderr.write(`acksm: ${printable(line)}\n`)
    if (lines.length > 0 && stdout.isEmpty && wantsJson(argv, io.env, command?.flags ?? {})) {
      stdout.write(errorDocument(failure))
    }
    return exitCode
  }
}

/** Whether a completion script calls. Its words are no flags of ours, and with `__complete_next` an empty word follows them. */
function isCompletion([first]: readonly string[]): boolean {
  return first === '__complete' || first === '__complete_next'
}

async function complete([verb, ...words]: readonly string[], io: CommandIo, name: ProgramName): Promise<number> {
  const { printCompletions } = await import('./completion/print-completions.ts')
  return printCompletions(COMMANDS, {
    words: verb === '__complete_next' ? [...words, ''] : words,
    isPlugin: name === 'kubectl acksm',
    io,
  })
}

/** Stdout, and whether a command has written to it. */
class ResultStream implements OutputStream {
  readonly #stream: OutputStream
  isEmpty = true

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  write(chunk: string | Uint8Array): unknown {
    this.isEmpty = false
    return this.#stream.write(chunk)
  }
}

/** A copy with another stdout. Property descriptors are copied, because reading `stdin` opens it. */
function withStdout(io: CommandIo, value: OutputStream): CommandIo {
  const stdout = { value, enumerable: true }
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(io), stdout }) as CommandIo
}
