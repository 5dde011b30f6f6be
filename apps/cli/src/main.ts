import './mute-libraries.ts'
import { crashReport, onReaderGone } from '@ack-secret-manager/core'
import { runCommand } from './run-command.ts'

// Node is silent about deprecated calls below node_modules; of a bundle it cannot tell which those are.
process.noDeprecation = true

// Left to itself Node opens a debugger at this signal, and with it the memory of the process. `--inspect` still does.
process.on('SIGUSR1', () => {})

const stop = new AbortController()
// Only once: a second Ctrl-C ends a process that hangs.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal))

for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => stop.abort('SIGPIPE'))

process.on('uncaughtException', (error) => {
  process.stderr.write(`acksm: ${crashReport(error)}\n`)
  process.exit(1)
})

let stdinUsed = false
process.exitCode = await runCommand(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  // Looking at it opens it.
  get stdin() {
    stdinUsed = true
    return process.stdin
  },
  env: process.env,
  cwd: process.cwd(),
  isTTY: { stdout: process.stdout.isTTY ?? false, stderr: process.stderr.isTTY ?? false },
  columns: process.stdout.columns ?? 100,
  signal: stop.signal,
})
// An open terminal would keep the process.
if (stdinUsed) process.stdin.destroy()
