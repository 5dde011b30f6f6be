import { readFile } from 'node:fs/promises'
import { readKubeconfig } from '@ack-secret-manager/control-plane'
import type { TestCluster } from '@ack-secret-manager/control-plane/testing'
import { Sensitive } from '@ack-secret-manager/core'

/**
 * Credentials of a test cluster for a `KubeClient`. `KubeClient.fromKubeConfig` would load 1,300 files of `@kubernetes/client-node` in each
 * worker, which takes half a second of CPU time.
 */
export async function clusterCredentials({ kubeconfigPath }: Pick<TestCluster, 'kubeconfigPath'>) {
  const { server, caPem, identity, token } = readKubeconfig(await readFile(kubeconfigPath, 'utf8'))
  const credentials = {
    server,
    tls: {
      ca: Buffer.from(caPem),
      ...(identity && { cert: new Sensitive(identity.cert), key: new Sensitive(identity.key) }),
    },
    headers: new Sensitive<Record<string, string>>(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return { description: `kubeconfig ${kubeconfigPath}`, namespace: undefined, load: async () => credentials }
}
