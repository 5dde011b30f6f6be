import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, vi } from 'vitest'
import { type ApiClient, type ApiRequest, openApi } from './api-client.ts'
import type { ProvidedControlPlane, ProvidedControlPlanes } from './provided.ts'

/** A separate namespace on a control plane that other test files use too: those of packages at the same time, others before and after. */
export interface TestCluster {
  /** Kubeconfig of `admin`. */
  readonly kubeconfigPath: string
  /** Of all requests to the control plane, also of other files. Follow it from the start of the test on. */
  readonly auditLogPath: string
  /** Created before the first test of the file, deleted after the last. */
  readonly namespace: string
  /** Raw requests as `admin`. */
  readonly request: ApiRequest
}

/** Whether a shared control plane runs. */
export const clusterAvailable: boolean = 'controlPlanes' in provided()

/** `describe`, skipped if no control plane is available. */
export const describeCluster: typeof describe | typeof describe.skip = clusterAvailable ? describe : describe.skip

/**
 * Creates a new namespace with its default ServiceAccount for the test file or the surrounding `describe`. Call it while tests are
 * collected, not inside one.
 */
export function useCluster(): TestCluster {
  const found = provided()
  if ('unavailable' in found) {
    return {
      kubeconfigPath: '',
      auditLogPath: '',
      namespace: '',
      request: () => Promise.reject(new Error(found.unavailable)),
    }
  }
  const { kubeconfigPath, auditLogPath, outcomePath } = ownPlane(found.controlPlanes)
  const namespace = namespaceFor(expect.getState().testPath)
  let api: ApiClient | undefined
  const request: ApiRequest = (...args) => {
    if (api === undefined) throw new Error('the cluster is there from beforeAll to afterAll only')
    return api.request(...args)
  }
  beforeAll(async () => {
    await untilStarted(outcomePath)
    api = openApi(await readFile(kubeconfigPath, 'utf8'))
    await createNamespace(api.request, namespace)
  })
  afterAll(async () => {
    await api?.request('DELETE', `/api/v1/namespaces/${namespace}`)
    await api?.close()
  })
  return { kubeconfigPath, auditLogPath, namespace, request }
}

/** Control planes start while other files are tested. The deadline is that of the hook. */
async function untilStarted(outcomePath: string): Promise<void> {
  const outcome = async (): Promise<string> => readFile(outcomePath, 'utf8')
  const failure = await vi.waitFor(outcome, { timeout: 280_000, interval: 50 })
  if (failure !== '') throw new Error(failure)
}

async function createNamespace(request: ApiRequest, name: string): Promise<void> {
  const created = await request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  })
  if (created.status !== 201)
    throw new Error(`namespace ${name}: HTTP ${created.status} ${JSON.stringify(created.body)}`)
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`
  const untilExists = async (): Promise<void> => {
    const { status } = await request('GET', account)
    if (status !== 200) throw new Error(`${account}: HTTP ${status}`)
  }
  await vi.waitFor(untilExists, { timeout: 60_000, interval: 10 })
}

/** A unique name that contains the name of the file. */
function namespaceFor(testPath: string | undefined): string {
  const file = path.basename(testPath ?? 'test').replace(/\..*$/, '')
  const label = file
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 40)
  return `t-${label}-${randomBytes(4).toString('hex')}`
}

/** Workers share control planes if there are fewer of them, see the global setup. */
function ownPlane(controlPlanes: readonly ProvidedControlPlane[]): ProvidedControlPlane {
  // Numbers the workers of a run from 1.
  const worker = Number(process.env.VITEST_POOL_ID)
  const found = controlPlanes[(worker - 1) % controlPlanes.length]
  if (found === undefined) throw new Error(`worker ${worker}: no control plane was started`)
  return found
}

function provided(): ProvidedControlPlanes {
  // Typed as always defined, but undefined without the global setup.
  const found: ProvidedControlPlanes | undefined = inject('controlPlanes')
  if (found === undefined)
    throw new Error("add globalSetup '@ack-secret-manager/control-plane/global-setup' to the vitest project")
  return found
}
