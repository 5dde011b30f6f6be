import './mute-libraries.ts'
import { crashReport, onReaderGone } from '@ack-secret-manager/command-line'
import { LineBuffer } from './observability/line-buffer.ts'
import { runMain } from './main.ts'

// Node hides deprecation warnings of code in node_modules; in a bundle it cannot recognize that code.
process.noDeprecation = true

// By default Node opens a debugger on SIGUSR1, which exposes the memory of the process. `--inspect` still works.
process.on('SIGUSR1', () => {})

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
// The operator releases its Lease and exits when its log output is closed.
for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => stop.abort())
const stdout = new LineBuffer(process.stdout)
// Also after a crash, when the event loop does not run again.
process.on('exit', () => stdout.flush())
process.on('uncaughtException', (error) => {
  process.stderr.write(`ack-secret-manager: ${crashReport(error)}\n`)
  process.exit(1)
})
process.exitCode = await runMain({
  argv: process.argv.slice(2),
  env: process.env,
  stdout,
  stderr: process.stderr,
  signal: stop.signal,
})
