import { ACKSM } from '@ack-secret-manager/testenv'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** A running `acksm ui` of the shipped bundle. */
export interface UiProcess extends AsyncDisposable {
  readonly pid: number
  readonly url: string
}

/** Starts `acksm ui` for one namespace, without a browser. */
export async function startUi(kubeconfig: string, namespace: string): Promise<UiProcess> {
  const args = ['ui', '--no-open', '--read-only', '-n', namespace, '--operator-namespace', namespace]
  const child = spawn(process.execPath, [ACKSM.built(), ...args, '--kubeconfig', kubeconfig], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const lines = createInterface({ input: child.stdout })
  const [url] = (await Promise.race([once(lines, 'line'), failed(child)])) as [string]
  return {
    pid: child.pid ?? 0,
    url,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGINT')
      await exited
    },
  }
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null]
  throw new Error(`acksm ui ended with ${code ?? 'a signal'}`)
}

/** Resident memory of a process now and at its peak, in MiB. */
export async function memoryOf(pid: number): Promise<{ readonly nowMib: number; readonly peakMib: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  const mib = (field: string): number =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) / 1_024)
  return { nowMib: mib('VmRSS'), peakMib: mib('VmHWM') }
}
