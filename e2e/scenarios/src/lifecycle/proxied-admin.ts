import { kubeconfigOf, readKubeconfig } from '@ack-secret-manager/control-plane'
import { createProxyCertificates, type TestEnvironment } from '@ack-secret-manager/testenv'
import { FaultProxy } from '@ack-secret-manager/test-support/fault-proxy'
import { readFile, writeFile } from 'node:fs/promises'

/** A cluster admin whose requests pass a proxy, until the environment ends. */
export async function proxiedAdmin(
  env: TestEnvironment,
  user: string,
): Promise<{ readonly proxy: FaultProxy; readonly kubeconfigPath: string }> {
  const { kubeconfigPath } = await env.clusterAdmin(user)
  const direct = readKubeconfig(await readFile(kubeconfigPath, 'utf8'))
  const keys = await createProxyCertificates()
  const proxy = env.use(await FaultProxy.open({ service: 'api', target: direct.server, caPem: direct.caPem, keys }))
  const identity = { token: direct.token ?? '' }
  await writeFile(kubeconfigPath, kubeconfigOf({ url: proxy.url, caPem: keys.caPem, user, identity }), { mode: 0o600 })
  return { proxy, kubeconfigPath }
}
