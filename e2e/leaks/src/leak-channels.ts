import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ApiRequest } from '@ack-secret-manager/control-plane'

const API = '/apis/alibabacloud.com/v1alpha1'
const OURS = ['externalsecrets', 'secretstores', 'clustersecretstores', 'clusterexternalsecrets', 'pushsecrets']
const PAGES = ['metrics', 'healthz', 'readyz', 'nothing-here']
const PAGE_DEADLINE_MS = 30_000

interface Listed {
  readonly items: readonly { readonly metadata: object; readonly type?: string; readonly status?: object }[]
}

/** Reads everything in all namespaces that a user without access to Secrets can see. */
export class ClusterChannels {
  readonly #request: ApiRequest

  constructor(request: ApiRequest) {
    this.#request = request
  }

  events(): Promise<string> {
    return this.#all('/apis/events.k8s.io/v1/events')
  }

  /** Spec, status, labels and annotations of all custom resources. */
  async resources(): Promise<string> {
    return (await Promise.all(OURS.map((plural) => this.#all(`${API}/${plural}`)))).join('\n')
  }

  /** All Secrets without their data. */
  async secretMetadata(): Promise<string> {
    const { items } = await this.#list('/api/v1/secrets')
    return JSON.stringify(items.map(({ metadata, type }) => ({ metadata, type })))
  }

  /** Leases of the operator. */
  leases(): Promise<string> {
    return this.#all('/apis/coordination.k8s.io/v1/leases')
  }

  async #all(where: string): Promise<string> {
    return JSON.stringify(await this.#list(where))
  }

  async #list(where: string): Promise<Listed> {
    const { status, body } = await this.#request<Listed>('GET', where)
    if (status !== 200) throw new Error(`${where}: HTTP ${status}`)
    return body
  }
}

/** Everything that a process serves over HTTP. */
export async function pagesOf({
  metricsPort,
  healthPort,
}: {
  metricsPort: number
  healthPort: number
}): Promise<string> {
  const addresses = [metricsPort, healthPort].flatMap((port) => PAGES.map((page) => `http://127.0.0.1:${port}/${page}`))
  const pages = addresses.map(async (address) => {
    const response = await fetch(address, { signal: AbortSignal.timeout(PAGE_DEADLINE_MS) })
    const headers: string[] = []
    response.headers.forEach((value, name) => headers.push(`${name}: ${value}`))
    return `${headers.join('\n')}\n${await response.text()}`
  })
  return (await Promise.all(pages)).join('\n')
}

/** Names and content of all files below a folder. */
export async function filesBelow(directory: string): Promise<Buffer> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name)
    return [Buffer.from(`${file}\n`), ...(entry.isFile() ? [await readFile(file)] : [])]
  })
  return Buffer.concat((await Promise.all(files)).flat())
}
