import { once } from 'node:events'
import { constants } from 'node:os'
import {
  type Flags,
  type FlagValues,
  onReaderGone,
  runSingleProgram,
  type SingleProgram,
} from '@ack-secret-manager/command-line'
import { ControlPlaneFailed, ControlPlaneUnavailable } from './control-plane-error.ts'
import { createProgress } from './binaries/progress.ts'
import { endWithNpm } from './end-with-npm.ts'
import { startControlPlane } from './start-control-plane.ts'

const PROGRAM = {
  name: 'control-plane',
  description:
    'Runs etcd, kube-apiserver and kube-controller-manager on 127.0.0.1 until SIGINT or SIGTERM. ' +
    'Prints the path of a kubeconfig on stdout once all is ready; progress goes to stderr.',
  examples: [['npm run control-plane -- --audit', 'Also write an audit log.']],
  note: 'The programs come from KUBEBUILDER_ASSETS, the cache (ACKSM_CACHE_DIR), the official archive, or a build with Go.',
  flags: {
    port: { kind: 'port', value: 'N', help: 'Port of the API server. Default: a free one.' },
    audit: { kind: 'switch', help: 'Write an audit log and print its path on stderr.' },
    'controller-manager': { kind: 'boolean', default: 'true', help: 'Run kube-controller-manager.' },
  },
} as const satisfies SingleProgram<Flags>

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort')
  return undefined
}

async function run(flags: FlagValues<typeof PROGRAM.flags>): Promise<number> {
  const progress = createProgress({ stream: process.stderr })
  const { port, audit, 'controller-manager': controllerManager } = flags
  const asked = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => asked.abort())
  try {
    progress.note('starting')
    await using plane = await startControlPlane({
      audit,
      controllerManager,
      progress,
      signal: asked.signal,
      ...(port ? { port } : {}),
    })
    progress.note(`ready at ${plane.url}`)
    if (plane.auditLogPath !== undefined) progress.note(`audit log ${plane.auditLogPath}`)
    process.stdout.write(`${plane.kubeconfigPath}\n`)
    const failure = await Promise.race([aborted(asked.signal), plane.failed])
    if (failure !== undefined) throw failure
    progress.note('stopping')
    return 0
  } catch (error) {
    if (asked.signal.aborted) return 0
    if (!(error instanceof ControlPlaneFailed || error instanceof ControlPlaneUnavailable)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    progress.close()
  }
}

endWithNpm()
onReaderGone(process.stdout, () => process.exit(128 + constants.signals.SIGPIPE))
process.exitCode = await runSingleProgram(PROGRAM, process.argv.slice(2), process, run)
