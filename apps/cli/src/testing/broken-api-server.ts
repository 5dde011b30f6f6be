import { startTestServer, type Respond } from '@ack-secret-manager/test-support/test-server'
import { onTestFinished } from 'vitest'

/** A kubeconfig for an API server at this URL, which a token identifies if it is HTTPS. */
export function kubeconfigFor(server: string, token = 't'): string {
  const isPlain = server.startsWith('http:')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, ...(isPlain && { 'insecure-skip-tls-verify': true }) } }],
    users: [{ name: 'u', user: isPlain ? {} : { token } }],
    contexts: [{ name: 'u', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'u',
  })
}

/** The kubeconfig of a server that answers each request of the current test like this. */
export async function kubeconfigOfServer(respond: Respond): Promise<string> {
  const server = await startTestServer(respond)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return kubeconfigFor(`http://${server.endpoint}`)
}
