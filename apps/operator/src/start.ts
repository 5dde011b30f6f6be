import '@ack-secret-manager/command-line/mute-libraries'
import { runProcess } from '@ack-secret-manager/command-line'
import { defined } from '@ack-secret-manager/core'
import { LineBuffer } from './observability/line-buffer.ts'
import { runMain } from './main.ts'

await runProcess('ack-secret-manager', async ({ env, stderr, columns, isTTY, signal }) => {
  const stdout = new LineBuffer(process.stdout)
  // Also after a crash, when the event loop does not run again.
  process.on('exit', () => stdout.flush())
  const stop = new AbortController()
  // Without a reason, because `sleep` throws the reason, and the name of a signal is not an error.
  signal.addEventListener('abort', () => stop.abort())
  const exitCode = await runMain({
    argv: process.argv.slice(2),
    env,
    stdout,
    stderr,
    ...defined({ columns }),
    isTerminal: isTTY.stdout,
    signal: stop.signal,
  })
  stdout.flush()
  return exitCode
})
