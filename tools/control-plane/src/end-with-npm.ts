const POLL_MS = 500

/**
 * Sends this process SIGTERM when the shell of its npm script has ended, because npm passes a signal on to that shell alone. `exec` in the
 * script would do the same, but not on Windows.
 */
export function endWithNpm(): void {
  const { ppid, env } = process
  if (env['npm_lifecycle_event'] === undefined) return
  const timer = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, POLL_MS)
  timer.unref()
}
