import { afterAll } from 'vitest'

type Listener = NodeJS.ExitListener

/**
 * Files share a process, so what a failed file has not stopped must not disturb the next. Programs and control planes are killed by
 * their listeners for the exit of the process.
 */
const before = new Set(process.listeners('exit'))
afterAll(() => stopLeftovers(before))

/** Calls the listeners for the exit of the process that were added since. */
export function stopLeftovers(earlier: ReadonlySet<Listener>): void {
  for (const stop of process.listeners('exit').filter((listener) => !earlier.has(listener))) {
    process.off('exit', stop)
    stop(0)
  }
}
