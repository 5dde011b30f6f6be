import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that serves until it is stopped. */
export interface ServerProgram {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** Text of its output when it serves. */
  readonly ready: RegExp
}

const READY_DEADLINE_MS = 60_000
const MAX_OUTPUT = 65_536

/** Starts a server and waits until it serves. @returns a function that stops it. @throws Error with its output */
export async function startServer({ file, args, env, user, ready }: ServerProgram): Promise<() => Promise<void>> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, ...user })
  const exited = once(child, 'exit')
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${file} ${why}:\n${output}`))
    const timer = setTimeout(() => fail('does not serve in time'), READY_DEADLINE_MS)
    const onData = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-MAX_OUTPUT)
      if (!ready.test(output)) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`ended with ${code}`))
  }).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return async () => {
    stop(child)
    await exited
  }
}

function stop(child: ChildProcess): void {
  // PostgreSQL: immediate shutdown. The data is thrown away.
  child.kill('SIGQUIT')
  setTimeout(() => child.kill('SIGKILL'), 10_000).unref()
}
