import { ACKSM } from '@ack-secret-manager/testenv'
import { systemCodeOf } from '@ack-secret-manager/alicloud-openapi'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { folderWith } from './files.ts'
import { KEY_ENV, type TestKms } from './kms.ts'
import { CANARY, Capture } from './run.ts'

/**
 * A program that prints one line for its start and for each signal, with its pid and a hash of its value: that of the variable `VALUE`,
 * or of the file `VALUE`. It ends with code 0 on SIGTERM, unless `STUBBORN` is set; with code 3 if its value ends with `-broken`.
 */
const PROBE = `
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
const value = () => process.env.VALUE ?? readFileSync(process.env.ACKSM_FILES_DIR + '/VALUE', 'utf8')
const say = (what) => process.stdout.write([what, process.pid, createHash('sha256').update(value()).digest('hex')].join(' ') + '\\n')
for (const name of ['SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGQUIT']) process.on(name, () => say(name))
process.on('SIGTERM', () => { say('SIGTERM'); if (!process.env.STUBBORN) process.exit(0) })
setInterval(() => undefined, 60_000)
say('start')
if (value().endsWith('-broken')) process.exit(3)
`

/** A running `acksm exec` of the probe. */
export interface ExecProcess {
  readonly pid: number
  readonly cwd: string
  readonly out: Capture
  readonly err: Capture
  /** Exit code and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>
  kill(signal: NodeJS.Signals): void
  /** Ends the reader of its messages. */
  closeStderr(): void
  /** Lines of the probe by their first word. */
  lines(what: string): readonly ProbeLine[]
}

/** A line of the probe. */
export interface ProbeLine {
  readonly pid: number
  readonly hash: string
}

/** Options of {@link startExec}. */
export interface StartExecOptions {
  readonly flags: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Files of the working directory. */
  readonly files?: Readonly<Record<string, string>>
  /** Arguments after `--`. @default node probe.mjs */
  readonly command?: readonly string[]
}

/** Starts `acksm exec` as a process in a directory of its own. Both programs are gone when the test ends. */
export async function startExec(kms: TestKms, options: StartExecOptions): Promise<ExecProcess> {
  const { flags, env, files, command = [process.execPath, 'probe.mjs'] } = options
  const cwd = await folderWith({ ...files, 'probe.mjs': PROBE, 'ca.pem': kms.caPem, 'tmp/.keep': '' })
  const argv = [ACKSM.currentScript, 'exec', ...kms.flags, ...flags, '--', ...command]
  const child: ChildProcess = spawn(process.execPath, argv, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      NODE_EXTRA_CA_CERTS: path.join(cwd, 'ca.pem'),
      TMPDIR: path.join(cwd, 'tmp'),
      ...KEY_ENV,
      ...env,
    },
  })
  const [out, err] = [new Capture(), new Capture()]
  child.stdout?.on('data', (chunk: Buffer) => out.write(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.write(chunk))
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = (what: string): readonly ProbeLine[] =>
    [...out.text.matchAll(/^(\w+) (\d+) ([0-9a-f]{64})$/gm)]
      .filter(([, word]) => word === what)
      .map(([, , pid, hash = '']) => ({ pid: Number(pid), hash }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    const last = lines('start').at(-1)
    if (last) await endProcess(last.pid)
    if ((out.text + err.text).includes(CANARY)) throw new Error('a secret value was printed')
  })
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal)
  return { pid: child.pid ?? 0, cwd, out, err, ended, kill, closeStderr: () => void child.stderr?.destroy(), lines }
}

/** Whether a process exists and has not ended. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) [ZX] /.test(stat)
}

/** Kills a process of the test that may be ending. */
export async function endProcess(pid: number): Promise<void> {
  if (!(await isRunning(pid))) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It has ended meanwhile.
    if (systemCodeOf(error) !== 'ESRCH') throw error
  }
}

/** Processes with a secret value in their arguments. */
export async function valuesInArguments(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return text.includes(CANARY) ? [pid] : []
    }),
  )
  return found.flat()
}

/** Files below a directory with a secret value. */
export async function filesWithValues(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map(async (each) => {
      const file = path.join(each.parentPath, each.name)
      const isLeak = each.isFile() && (await readFile(file).catch(() => Buffer.of())).includes(CANARY)
      return isLeak ? [file] : []
    }),
  )
  return found.flat().toSorted()
}
