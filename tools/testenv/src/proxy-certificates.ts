import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import type { ProxyCertificates } from '@ack-secret-manager/test-support/fault-proxy'

/** Issues certificates for 127.0.0.1, each signed by a separate CA. */
export async function createProxyCertificates(): Promise<ProxyCertificates> {
  const issue = () => issueServerCertificate(['127.0.0.1', 'localhost'])
  const [first, second, untrusted] = await Promise.all([issue(), issue(), issue()])
  return { first, second, untrusted, caPem: first.rootPem + second.rootPem }
}
