import { readFile } from 'node:fs/promises'
import { readKubeconfig } from '@ack-secret-manager/control-plane'
import type { TestCluster } from '@ack-secret-manager/control-plane/testing'
import { Sensitive } from '@ack-secret-manager/core'
import { KubeClient, type KubeClientOptions, type KubeCredentials } from '@ack-secret-manager/k8s-client'

/**
 * A client of the test cluster. `KubeClient.fromKubeConfig` would load 1,300 files of `@kubernetes/client-node` in each worker, which takes
 * half a second of CPU time.
 */
export async function clusterClient(
  { kubeconfigPath }: Pick<TestCluster, 'kubeconfigPath'>,
  options: Omit<KubeClientOptions, 'credentials'> = {},
): Promise<KubeClient> {
  const { server, caPem, identity, token } = readKubeconfig(await readFile(kubeconfigPath, 'utf8'))
  const credentials: KubeCredentials = {
    server,
    tls: {
      ca: Buffer.from(caPem),
      ...(identity && { cert: new Sensitive(identity.cert), key: new Sensitive(identity.key) }),
    },
    headers: new Sensitive(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const source = { description: `kubeconfig ${kubeconfigPath}`, namespace: undefined, load: async () => credentials }
  return new KubeClient({ ...options, credentials: source })
}
