import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024

/** Options of {@link runProgram}. */
export interface RunProgramOptions {
  readonly cwd?: string
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** @default 120_000 */
  readonly deadlineMs?: number
}

/** Runs a program to its end. @returns its stdout @throws Error with its stderr */
export async function runProgram(
  file: string,
  args: readonly string[],
  { cwd, env = {}, deadlineMs = 120_000 }: RunProgramOptions = {},
): Promise<string> {
  try {
    const { stdout } = await run(file, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      timeout: deadlineMs,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
    return stdout
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    throw new Error(`${file} ${args.join(' ')}: ${stderr || String(cause)}`, { cause })
  }
}
