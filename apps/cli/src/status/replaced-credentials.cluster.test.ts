import { readKubeconfig } from '@ack-secret-manager/control-plane'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { FaultProxy } from '@ack-secret-manager/test-support/fault-proxy'
import { installCrds } from '@ack-secret-manager/testenv'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { folderWith } from '../testing/files.ts'
import { type Running, start } from '../testing/run.ts'

describeCluster('acksm status --watch', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const collection = `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets`

  beforeAll(async () => {
    await installCrds(cluster.request, crds())
    const spec = { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] }
    await cluster.request('POST', collection, {
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      metadata: { name: 'web' },
      spec,
    })
  })

  const kubeconfigOf = (server: string): string =>
    stringify({
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: 'canary-8d1f' } }],
      contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u', namespace: cluster.namespace } }],
      'current-context': 'dev',
    })
  /** The command behind a proxy that can fail. */
  const watch = async (): Promise<{ proxy: FaultProxy; running: Running; kubeconfig: string }> => {
    const { server: target, ...trust } = readKubeconfig(await readFile(cluster.kubeconfigPath, 'utf8'))
    const proxy = await FaultProxy.open({ service: 'api', target, ...trust })
    onTestFinished(() => proxy[Symbol.asyncDispose]())
    const kubeconfig = path.join(await folderWith({ kubeconfig: kubeconfigOf(proxy.url) }), 'kubeconfig')
    const running = start(['status', '-w', '--kubeconfig', kubeconfig])
    await running.out.until(/ web /)
    await expect.poll(() => proxy.watches.size).toBe(1)
    return { proxy, running, kubeconfig }
  }
  const change = async (message: string): Promise<void> => {
    const lastTransitionTime = new Date().toISOString()
    const ready = { type: 'Ready', status: 'False', reason: 'StoreNotFound', message, lastTransitionTime }
    await cluster.request('PATCH', `${collection}/web/status`, { status: { conditions: [ready] } })
  }
  const end = async (running: Running): Promise<void> => {
    running.stop('SIGTERM')
    const { code, out, err } = await running.done
    expect(code).toBe(0)
    expect(out + err).not.toContain('canary')
  }

  it('goes on after its credential was refused', async () => {
    const { proxy, running } = await watch()
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 }
    proxy.hook = { respond: () => ({ status: 401, body }) }
    for (const each of proxy.watches) each.end()
    await Promise.race([
      running.done,
      running.err.until(/does not accept the credential of the kubeconfig: log in again; retrying in \d+ s$/m),
    ])
    proxy.hook = undefined
    await change('after a login')
    await Promise.race([running.done, running.out.until(/ after a login$/m)])
    await end(running)
  })

  it('stays with its cluster when the context begins to name another one, and says so', async () => {
    const { proxy, running, kubeconfig } = await watch()
    await writeFile(kubeconfig, kubeconfigOf('https://127.0.0.1:1'))
    proxy.setFault({ fault: { kind: 'reset-before' }, every: 1 })
    for (const each of proxy.watches) each.reset()
    const { origin } = new URL(proxy.url)
    await running.err.until(
      new RegExp(`^acksm: warning: .* another cluster, https://127.0.0.1:1; this process stays with ${origin}; `, 'm'),
    )
    proxy.setFault(undefined)
    await change('in the first cluster')
    await running.out.until(/ in the first cluster$/m)
    await end(running)
  })
})
