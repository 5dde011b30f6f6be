import { openApi } from './api-client.ts'
import { resolveBinaries } from './binaries/binaries.ts'
import { apiServerArgs } from './components/component-args.ts'
import { Component } from './components/component.ts'
import type { ControlPlane } from './control-plane.ts'
import { filesIn } from './components/data-dir.ts'
import { EtcdRelay } from './components/etcd-relay.ts'
import { freePort } from './components/free-port.ts'
import { machineEdge } from './machine-edge.ts'
import { createProgress } from './binaries/progress.ts'

const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 5_000
const REQUEST_DEADLINE_MS = 2_000

/** A second API server on the etcd of a control plane, with the same certificates and users, whose watch cache can be stale. */
export class LaggingApiServer implements AsyncDisposable {
  readonly url: string
  readonly #relay: EtcdRelay
  readonly #component: Component

  private constructor(url: string, relay: EtcdRelay, component: Component) {
    this.url = url
    this.#relay = relay
    this.#component = component
  }

  /** Resolves when the server is ready; dispose of it before the control plane. @throws ControlPlaneFailed when it is not */
  static async start(plane: Pick<ControlPlane, 'dataDir' | 'kubeconfig' | 'url'>): Promise<LaggingApiServer> {
    const { dataDir } = plane
    const files = filesIn(dataDir)
    const progress = createProgress({ stream: process.stderr })
    const binaries = await resolveBinaries(true, await machineEdge(progress)).finally(() => progress.close())
    const port = await freePort()
    const url = `https://127.0.0.1:${port}`
    const relay = await EtcdRelay.open(files.etcdSocket)
    const onDeath = (): void => undefined
    const component = new Component({
      program: 'kube-apiserver',
      binariesDir: binaries.directory,
      dataDir,
      logName: 'lagging-kube-apiserver',
      onDeath,
    })
    const server = new LaggingApiServer(url, relay, component)
    const api = openApi((await plane.kubeconfig()).replace(plane.url, url))
    try {
      component.start(apiServerArgs(files, { port, audit: false, etcdUrl: relay.url, extra: [] }))
      const isReady = async (): Promise<boolean> => {
        const response = await api
          .request('GET', '/readyz', undefined, { deadlineMs: REQUEST_DEADLINE_MS })
          .catch(() => undefined)
        return response?.status === 200
      }
      await component.untilReady(isReady, READY_DEADLINE_MS)
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    } finally {
      await api.close()
    }
  }

  /** Delays the watch cache by this time from now on. */
  lag(ms: number): void {
    this.#relay.lagMs = ms
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#component.stop('SIGKILL', STOP_DEADLINE_MS)
    await this.#relay[Symbol.asyncDispose]()
  }
}
