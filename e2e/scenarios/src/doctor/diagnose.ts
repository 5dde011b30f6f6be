import { runCommand } from '@ack-secret-manager/cli'
import { collect } from '@ack-secret-manager/test-support/canary'

/** One finding of doctor, as its JSON document has it. */
export interface Finding {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly detail: string
  readonly action?: string
  readonly reason?: string
}

/** Result of {@link diagnose}. */
export interface Diagnosis {
  readonly code: number
  readonly ok: boolean
  readonly checks: readonly Finding[]
}

const DEADLINE_MS = 120_000

/** Runs `acksm doctor --kube` for one namespace. */
export async function diagnose(kubeconfigPath: string, namespace: string): Promise<Diagnosis> {
  let out = ''
  const write = (chunk: string | Uint8Array): void => void (out += Buffer.from(chunk).toString())
  const argv = ['doctor', '--kube', '--kubeconfig', kubeconfigPath, '-n', namespace, '-o', 'json']
  const code = await runCommand(argv, {
    stdout: { write },
    stderr: { write },
    env: {},
    cwd: '/',
    isTTY: { stdout: false, stderr: false },
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  collect('doctor', out)
  return { code, ...(JSON.parse(out) as Omit<Diagnosis, 'code'>) }
}
