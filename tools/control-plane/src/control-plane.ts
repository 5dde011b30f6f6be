import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiClient, ApiRequest } from './api-client.ts'
import { compactHistory } from './components/compact-history.ts'
import type { Component } from './components/component.ts'
import type { ControlPlaneFailed } from './control-plane-error.ts'
import { ADMIN, filesIn } from './components/data-dir.ts'

/** A program of the control plane that can be killed and restarted. */
export type ComponentName = 'etcd' | 'apiserver' | 'controller-manager'

export interface ControlPlaneParts {
  readonly url: string
  readonly caPem: string
  readonly dataDir: string
  readonly kubeconfigs: ReadonlyMap<string, string>
  readonly auditLogPath: string | undefined
  /** In start order. */
  readonly components: ReadonlyMap<ComponentName, { readonly component: Component; readonly args: readonly string[] }>
  readonly api: ApiClient
  readonly failed: Promise<ControlPlaneFailed>
  readonly readyDeadlineMs: number
  readonly stopDeadlineMs: number
}

/** A running control plane. `stop()` or any end of this process stops it and deletes its data. */
export class ControlPlane implements AsyncDisposable {
  readonly url: string
  readonly caPem: string
  /** Kubeconfig of `admin` (client certificate, `system:masters`), self-contained. */
  readonly kubeconfigPath: string
  /** JSON lines of `audit.k8s.io/v1` events, one after each response; `undefined` without `audit`. */
  readonly auditLogPath: string | undefined
  /** Data, certificates and the programs' logs (`kube-apiserver.log`, …). */
  readonly dataDir: string
  /** Raw requests as `admin`. */
  readonly request: ApiRequest
  /** Resolves when a program dies unexpectedly; never rejects. */
  readonly failed: Promise<ControlPlaneFailed>
  readonly #parts: ControlPlaneParts
  #stopped: Promise<void> | undefined

  constructor(parts: ControlPlaneParts) {
    this.#parts = parts
    this.url = parts.url
    this.caPem = parts.caPem
    this.dataDir = parts.dataDir
    this.auditLogPath = parts.auditLogPath
    this.request = parts.api.request
    this.failed = parts.failed
    this.kubeconfigPath = this.kubeconfigPathOf(ADMIN)
    process.on('exit', this.#onExit)
  }

  /** Kubeconfig file of one of `options.users`. */
  kubeconfigPathOf(user: string): string {
    const file = this.#parts.kubeconfigs.get(user)
    if (file === undefined)
      throw new Error(`no user ${user}; there are ${[...this.#parts.kubeconfigs.keys()].join(', ')}`)
    return file
  }

  /** Text of a user's kubeconfig. */
  kubeconfig(user: string = ADMIN): Promise<string> {
    return readFile(this.kubeconfigPathOf(user), 'utf8')
  }

  /** Process ids of the running programs. */
  pids(): number[] {
    return [...this.#parts.components.values()].flatMap(({ component }) => component.pid ?? [])
  }

  /**
   * Starts all programs, one after the other; resolves when the API server is ready and the controllers work. @throws ControlPlaneFailed if
   * one of them does not become ready
   */
  async start(): Promise<void> {
    const withControllers = this.#parts.components.has('controller-manager')
    this.#start('etcd')
    this.#start('apiserver')
    await this.untilReady()
    if (!withControllers) return
    // It ends after ten seconds without a healthy API server, which a busy machine exceeds.
    this.#start('controller-manager')
    await this.untilControllersWork()
  }

  /** Kills one program (SIGKILL), like a crash. */
  async kill(name: ComponentName): Promise<void> {
    await this.#part(name).component.stop('SIGKILL', this.#parts.stopDeadlineMs)
  }

  /**
   * Restarts one program with its data and port; resolves when the API server is ready. @throws ControlPlaneFailed if it does not become
   * ready
   */
  async restart(name: ComponentName): Promise<void> {
    await this.#part(name).component.stop('SIGTERM', this.#parts.stopDeadlineMs)
    this.#start(name)
    await this.untilReady()
  }

  /**
   * Copies the data of etcd, which is unavailable for that moment. @returns the copy for {@link restore}, deleted with the control plane
   */
  async backUp(): Promise<string> {
    const backup = await mkdtemp(join(this.dataDir, 'backup-'))
    await this.kill('etcd')
    await cp(filesIn(this.dataDir).etcdData, backup, { recursive: true })
    await this.restart('etcd')
    return backup
  }

  /**
   * Restores etcd from a backup like in the Kubernetes documentation: all programs are stopped before it and restarted after it. All later
   * changes are lost, and resourceVersions are assigned a second time.
   */
  async restore(backup: string): Promise<void> {
    for (const name of [...this.#parts.components.keys()].toReversed()) await this.kill(name)
    const { etcdData } = filesIn(this.dataDir)
    await rm(etcdData, { recursive: true })
    await cp(backup, etcdData, { recursive: true })
    await this.start()
  }

  /**
   * Compacts the history of etcd, like the regular compaction. The API server still has a part of it in its cache until a restart; after
   * that, a watch from an older version gets 410. @throws Error if etcd is unavailable
   */
  async compact(): Promise<void> {
    await compactHistory(filesIn(this.dataDir).etcdSocket)
  }

  /** Resolves when the API server reports that it is ready; then the default roles exist. */
  untilReady(): Promise<void> {
    return this.#untilAnswered('apiserver', '/readyz')
  }

  /** Resolves when the controllers work: the namespace `default` has its ServiceAccount. */
  untilControllersWork(): Promise<void> {
    return this.#untilAnswered('controller-manager', '/api/v1/namespaces/default/serviceaccounts/default')
  }

  /** Kills all programs and deletes the data. Can be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    const { components, api, dataDir, stopDeadlineMs } = this.#parts
    await api.close()
    // An API server drains its watches for a second before it ends, for data that is deleted now.
    await Promise.all([...components.values()].map(({ component }) => component.stop('SIGKILL', stopDeadlineMs)))
    process.off('exit', this.#onExit)
    await rm(dataDir, { recursive: true, force: true })
  }

  readonly #onExit = (): void => {
    for (const { component } of this.#parts.components.values()) component.killNow()
    rmSync(this.#parts.dataDir, { recursive: true, force: true })
  }

  #start(name: ComponentName): void {
    if (this.#stopped !== undefined) throw new Error('the control plane has been stopped')
    const { component, args } = this.#part(name)
    component.start(args)
  }

  async #untilAnswered(name: ComponentName, path: string): Promise<void> {
    const { api, readyDeadlineMs } = this.#parts
    await this.#part(name).component.untilReady(() => answers(api.request, path), readyDeadlineMs)
  }

  #part(name: ComponentName): { readonly component: Component; readonly args: readonly string[] } {
    const part = this.#parts.components.get(name)
    if (part === undefined) throw new Error(`this control plane runs without ${name}`)
    return part
  }
}

async function answers(request: ApiRequest, path: string): Promise<boolean> {
  try {
    return (await request('GET', path, undefined, { deadlineMs: 2_000 })).status === 200
  } catch {
    return false // Not listening yet, or no response in time: retried until the caller's deadline.
  }
}
