import type { CommandIo } from '@ack-secret-manager/command-line'
import { errorKind } from '@ack-secret-manager/core'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { finished } from 'node:stream/promises'
import { assignmentText } from './assignment.ts'
import { tooLargeText } from './too-large.ts'

/** How a program ended. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What to run. */
export interface ChildCommand {
  /** Its name, which is its first argument too. */
  readonly program: string
  /** What is executed. A name without `/` is searched in the `PATH` of `env`. @default its name */
  readonly file?: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The program could not be started. */
export class ChildStartError extends Error {
  override readonly name = 'ChildStartError'
  /** As a shell exits: 127 for a program that does not exist, 126 for one that cannot be executed. */
  readonly exitCode: 126 | 127

  constructor(message: string, exitCode: 126 | 127) {
    super(message)
    this.exitCode = exitCode
  }
}

/** A running program. In a process of our own it has the same terminal, input and output. */
export class Child {
  readonly #process: ChildProcess
  /** Resolves when the program has ended and its output was passed on. */
  readonly exited: Promise<ChildExit>

  private constructor(child: ChildProcess, exited: Promise<ChildExit>) {
    this.#process = child
    this.exited = exited
  }

  /** @throws ChildStartError */
  static async start(command: ChildCommand, io: CommandIo): Promise<Child> {
    const { program, file = program, args, env } = command
    const stdio = io.process === undefined ? (['ignore', 'pipe', 'pipe'] as const) : 'inherit'
    try {
      // Throws some errors of the system, such as E2BIG and ENOTDIR, and emits others.
      const child = spawn(file, args, {
        argv0: program,
        env,
        // Not by its path, which may have been removed since.
        ...(stdio === 'inherit' ? { stdio } : { stdio: [...stdio], cwd: io.cwd }),
      })
      await once(child, 'spawn')
      // A failing `kill` of a program that is ending is reported here too, and needs no action.
      child.on('error', () => undefined)
      return new Child(child, ended(child, io))
    } catch (error) {
      throw startError(command, error)
    }
  }

  /** Sends a signal; nothing if the program has ended. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }
}

/** The exit code that a shell gives to an ended program. */
export function exitCodeOf({ code, signal }: ChildExit): number {
  return signal === null ? (code ?? 1) : signalCode(signal)
}

/** The exit code of a program that a signal has ended. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

async function ended(child: ChildProcess, io: CommandIo): Promise<ChildExit> {
  const exit = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const pumps = [
    [child.stdout, io.stdout],
    [child.stderr, io.stderr],
  ] as const
  await Promise.all(
    pumps.map(async ([from, to]) => {
      from?.on('data', (chunk: Uint8Array) => void to.write(chunk))
      if (from) await finished(from)
    }),
  )
  return exit
}

function startError(command: ChildCommand, error: unknown): ChildStartError {
  const { program } = command
  const code = error instanceof Error && 'code' in error ? String(error.code) : errorKind(error)
  if (code === 'ENOENT') return new ChildStartError(noSuchProgram(program), 127)
  const why = code === 'E2BIG' ? tooLargeText(command) : (REASONS[code] ?? code)
  return new ChildStartError(`${program}: cannot be executed: ${why}`, 126)
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied, or a directory',
  ENOTDIR: 'a part of the path is a file, not a directory',
}

function noSuchProgram(program: string): string {
  const assignment = assignmentText(program)
  if (assignment !== undefined) {
    return `${assignment}: no such program; to set a variable for the program write env NAME=VALUE PROGRAM`
  }
  const hint = "; write program and arguments as separate words, or use sh -c 'COMMAND'"
  return `${program}: no such program${program.includes(' ') ? hint : ''}`
}
