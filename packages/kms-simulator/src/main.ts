import { onReaderGone } from '@ack-secret-manager/command-line'
import { runSimulator } from './run-simulator.ts'

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => stop.abort())

process.exitCode = await runSimulator(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  signal: stop.signal,
})
