import { once } from 'node:events'
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { onReaderGone } from '@ack-secret-manager/command-line'
import { ControlPlaneFailed, ControlPlaneUnavailable } from './control-plane-error.ts'
import { createProgress } from './binaries/progress.ts'
import { startControlPlane } from './start-control-plane.ts'

const HELP = `Runs etcd, kube-apiserver and kube-controller-manager on 127.0.0.1 until SIGINT or SIGTERM.
Prints the path of a kubeconfig on stdout once all is ready; progress goes to stderr.

  --port N      port of the API server (default: a free one)
  --audit       write an audit log and print its path on stderr
  --no-controller-manager
                leave kube-controller-manager out
  --help

The programs come from KUBEBUILDER_ASSETS, the cache (ACKSM_CACHE_DIR), the official archive, or a build with Go.
`

interface Flags {
  readonly port: number | undefined
  readonly audit: boolean
  readonly controllerManager: boolean
}

/** Parses the flags; returns a string for an error. */
function readFlags(args: readonly string[]): Flags | 'help' | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        audit: { type: 'boolean', default: false },
        'no-controller-manager': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return 'help'
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
      return { problem: `--port: ${values.port} is no port number` }
    }
    return { port, audit: values.audit, controllerManager: !values['no-controller-manager'] }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort')
  return undefined
}

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args)
  if (flags === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  if ('problem' in flags) {
    process.stderr.write(`${flags.problem}\n`)
    return 2
  }
  const progress = createProgress({ stream: process.stderr })
  const { port, audit, controllerManager } = flags
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

onReaderGone(process.stdout, () => process.exit(128 + constants.signals.SIGPIPE))
process.exitCode = await main(process.argv.slice(2))
