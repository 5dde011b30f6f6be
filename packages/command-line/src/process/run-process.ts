import type { CommandIo, TerminalInput } from '../commands/command-io.ts'
import { UsageError } from '../flags/usage-error.ts'
import { crashReport } from './crash-report.ts'
import { NodeProcessHooks } from './process-hooks.ts'
import { onReaderGone } from './reader-gone.ts'
import { openTerminal } from './terminal.ts'
import { terminalSize } from './terminal-size.ts'
import { written } from './written.ts'

/**
 * Runs a program as this process, and ends it with the exit code once stdout and stderr are written, whatever a library still waits
 * for. The signal of its `io` aborts on SIGINT, SIGTERM and SIGHUP, with the name of the
 * signal as reason, and when the reader of stdout is gone. An uncaught error is reported without its message, with exit code 1.
 * @param name of the program, for the report
 * @param env variables of `io`
 */
export async function runProcess(
  name: string,
  run: (io: CommandIo) => Promise<number>,
  env: CommandIo['env'] = process.env,
): Promise<never> {
  // Node hides deprecation warnings of node_modules, but cannot recognise them in a bundle.
  process.noDeprecation = true
  // By default Node opens a debugger on this signal, which exposes the memory of the process. `--inspect` still works.
  process.on('SIGUSR1', () => {})
  const stop = new AbortController()
  const hooks = new NodeProcessHooks((signal) => stop.abort(signal))
  onReaderGone(
    process.stdout,
    () => stop.abort('SIGPIPE'),
    (code) => {
      process.stderr.write(`${name}: stdout: cannot be written (${code})\n`)
      process.exit(1)
    },
  )
  // Only messages are lost: the reader is gone, or the disk is full. The work goes on, such as that of a program which `acksm exec` runs.
  process.stderr.on('error', () => {})
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${name}: ${crashReport(error)}\n`)
    process.exit(1)
  })
  let stdinUsed = false
  let terminal: TerminalInput | undefined
  process.exitCode = await run({
    stdout: process.stdout,
    stderr: process.stderr,
    // Lazy, because the getter of `process.stdin` opens it.
    get stdin() {
      stdinUsed = true
      return process.stdin
    },
    openTerminal: () => (terminal ??= openTerminal()),
    env,
    get cwd() {
      return workingDirectory()
    },
    isTTY: { stdout: process.stdout.isTTY ?? false, stderr: process.stderr.isTTY ?? false },
    get columns() {
      return terminalSize(process.stdout).columns
    },
    get rows() {
      return terminalSize(process.stdout).rows
    },
    process: hooks,
    signal: stop.signal,
  })
  terminal?.destroy()
  if (stdinUsed) process.stdin.destroy()
  // Not yet: `process.exit` drops what a slow reader of a pipe has not taken.
  await Promise.all([process.stdout, process.stderr].map(written))
  // Node reports a write that has failed, as to a full disk, one turn later.
  await new Promise(setImmediate)
  // A library may keep a connection, a timer or a child for minutes.
  process.exit()
}

/** @throws UsageError */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    throw new UsageError('the working directory was removed: change to another directory')
  }
}
