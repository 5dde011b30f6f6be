import { startControlPlane } from '@ack-secret-manager/control-plane'

await using plane = await startControlPlane({
  audit: true,
  users: [{ name: 'jane', groups: ['developers'], token: 'only-for-this-test' }],
})

const { body } = await plane.request<{ gitVersion: string }>('GET', '/version')
console.log(`Kubernetes ${body.gitVersion} at ${plane.url}`)
console.log(`KUBECONFIG=${plane.kubeconfigPath}`) // for kubectl, or a client library
console.log(`as jane: KUBECONFIG=${plane.kubeconfigPathOf('jane')}`)
