import { randomBytes } from 'node:crypto'
import { openApi } from './api-client.ts'
import { resolveBinaries } from './binaries/binaries.ts'
import { createKeys } from './components/certificates.ts'
import {
  apiServerArgs,
  AUDIT_POLICY,
  BODIES_AUDIT_POLICY,
  controllerManagerArgs,
  DEFAULT_CONTROLLERS,
  etcdArgs,
  EVERYTHING_AUDIT_POLICY,
} from './components/component-args.ts'
import { Component, type GarbageCollection } from './components/component.ts'
import { type ComponentName, ControlPlane, type ControlPlaneParts } from './control-plane.ts'
import { ControlPlaneFailed } from './control-plane-error.ts'
import {
  CONTROLLER_MANAGER_USER,
  type ControlPlaneUser,
  createDataDir,
  filesIn,
  writeFiles,
} from './components/data-dir.ts'
import { freePort } from './components/free-port.ts'
import { kubeconfigOf } from './components/kubeconfig.ts'
import { machineEdge } from './machine-edge.ts'
import { createProgress, type Progress } from './binaries/progress.ts'
import type { Program } from './binaries/programs.ts'

export interface ControlPlaneOptions {
  /** Run kube-controller-manager too: garbage collector, namespaces, ServiceAccounts. @default true */
  readonly controllerManager?: boolean
  /** Names for `--controllers`. @default DEFAULT_CONTROLLERS, those that work without nodes or a cloud */
  readonly controllers?: readonly string[]
  /** Users in addition to `admin`. @default none */
  readonly users?: readonly ControlPlaneUser[]
  /**
   * Write an audit log: level `Metadata` for every request; `bodies`: also the bodies of all writes, or `everything`: of all requests and
   * responses, both with Secrets and tokens left out.
   * @default false
   */
  readonly audit?: boolean | 'bodies' | 'everything'
  /** Path of the audit log. @default in the control plane's folder, deleted with it */
  readonly auditLogPath?: string
  /** Directory of all files, which does not exist yet; deleted with the control plane. @default a new one */
  readonly dataDir?: string
  /** Port of the API server on 127.0.0.1. @default a free one */
  readonly port?: number
  /** More flags for kube-apiserver. @default none */
  readonly apiServerArgs?: readonly string[]
  /** Garbage collection of the programs. @default GOGC and GOMEMLIMIT of this process, else for many small clusters at once */
  readonly collection?: GarbageCollection
  /** Maximum time until one program is ready. @default 120_000 */
  readonly readyDeadlineMs?: number
  /** Maximum time for one program to stop before SIGKILL, when it is restarted. @default 5_000 */
  readonly stopDeadlineMs?: number
  /** Reports downloads and builds. @default lines on stderr */
  readonly progress?: Progress
  /** Aborts a running download or build. @default never */
  readonly signal?: AbortSignal
}

const PORT_ATTEMPTS = 3

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on 127.0.0.1, in a directory of their own.
 * Resolves when the API server is ready and the controllers work.
 * The first call on a machine may build the programs, which takes minutes and is reported on `progress`.
 * @throws ControlPlaneUnavailable when the programs cannot be had
 * @throws ControlPlaneFailed when one of them does not get ready
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binariesDir = await provideBinaries(options)
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    try {
      return await startOn(port, binariesDir, options)
    } catch (error) {
      // Another process may have taken the port between the check and the start of the API server.
      const taken = error instanceof ControlPlaneFailed && error.message.includes('address already in use')
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

/**
 * Downloads or builds the programs, unless this machine has them. @returns their directory
 * @throws ControlPlaneUnavailable when they cannot be had
 */
export async function provideBinaries(
  options: Pick<ControlPlaneOptions, 'controllerManager' | 'progress' | 'signal'> = {},
): Promise<string> {
  const progress = options.progress ?? createProgress({ stream: process.stderr })
  const edge = await machineEdge(progress, options.signal)
  const { directory } = await resolveBinaries(options.controllerManager ?? true, edge).finally(() => progress.close())
  options.signal?.throwIfAborted()
  return directory
}

async function startOn(port: number, binariesDir: string, options: ControlPlaneOptions): Promise<ControlPlane> {
  const keys = await createKeys()
  const dataDir = await createDataDir(options.dataDir)
  const url = `https://127.0.0.1:${port}`
  const manager = {
    name: CONTROLLER_MANAGER_USER,
    groups: ['system:masters'],
    token: randomBytes(24).toString('base64url'),
  }
  const { audit = false, auditLogPath } = options
  const files = { ...filesIn(dataDir), ...(auditLogPath !== undefined && { auditLog: auditLogPath }) }
  const users = [...(options.users ?? []), manager]
  const kubeconfigs = await writeFiles(dataDir, { keys, url, users, auditPolicy: auditPolicyOf(audit) })
  let onDeath: (failure: ControlPlaneFailed) => void = () => undefined
  const failed = new Promise<ControlPlaneFailed>((resolve) => (onDeath = resolve))
  const collection = options.collection && { collection: options.collection }
  const part = (program: Program, args: readonly string[]) => {
    const component = new Component({ program, binariesDir, dataDir, onDeath, ...collection })
    return { component, args }
  }

  const components: [ComponentName, ReturnType<typeof part>][] = [
    ['etcd', part('etcd', etcdArgs(files))],
    [
      'apiserver',
      part(
        'kube-apiserver',
        apiServerArgs(files, { port, audit: audit !== false, extra: options.apiServerArgs ?? [] }),
      ),
    ],
  ]
  if (options.controllerManager ?? true) {
    const args = controllerManagerArgs(files, options.controllers ?? DEFAULT_CONTROLLERS)
    components.push(['controller-manager', part('kube-controller-manager', args)])
  }
  const parts: ControlPlaneParts = {
    url,
    caPem: keys.caPem,
    dataDir,
    kubeconfigs,
    auditLogPath: audit === false ? undefined : files.auditLog,
    components: new Map(components),
    api: openApi(kubeconfigOf({ url, caPem: keys.caPem, user: 'admin', identity: keys.admin })),
    failed,
    readyDeadlineMs: options.readyDeadlineMs ?? 120_000,
    stopDeadlineMs: options.stopDeadlineMs ?? 5_000,
  }
  return bringUp(new ControlPlane(parts))
}

async function bringUp(plane: ControlPlane): Promise<ControlPlane> {
  try {
    const failure = await Promise.race([plane.start(), plane.failed])
    if (failure) throw failure
    return plane
  } catch (error) {
    await plane.stop()
    throw error
  }
}

function auditPolicyOf(audit: NonNullable<ControlPlaneOptions['audit']>): string {
  if (audit === 'everything') return EVERYTHING_AUDIT_POLICY
  return audit === 'bodies' ? BODIES_AUDIT_POLICY : AUDIT_POLICY
}
