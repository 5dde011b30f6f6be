import './mute-libraries.ts'
import { crashReport, onReaderGone } from '@ack-secret-manager/core'
import { LineBuffer } from './observability/line-buffer.ts'
import { runMain } from './main.ts'

// Node is silent about deprecated calls below node_modules; of a bundle it cannot tell which those are.
process.noDeprecation = true

// Left to itself Node opens a debugger at this signal, and with it the memory of the process. `--inspect` still does.
process.on('SIGUSR1', () => {})

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
// Without a reader of its log the operator gives up its lease and ends.
for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => stop.abort())
const stdout = new LineBuffer(process.stdout)
// Also after a crash, when no further turn of the event loop comes.
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
