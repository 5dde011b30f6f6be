import { issueServerCertificate, type ServerCertificate } from '@ack-secret-manager/kms-simulator'

/** Server certificates of fault proxies. */
export interface ProxyCertificates {
  readonly first: ServerCertificate
  readonly second: ServerCertificate
  /** Certificate of a CA that no client trusts. */
  readonly untrusted: ServerCertificate
  /** CAs of the first two certificates, PEM, which clients trust. */
  readonly caPem: string
}

/** Issues certificates for 127.0.0.1, each signed by a separate CA. */
export async function createProxyCertificates(): Promise<ProxyCertificates> {
  const issue = (): Promise<ServerCertificate> => issueServerCertificate(['127.0.0.1', 'localhost'])
  const [first, second, untrusted] = await Promise.all([issue(), issue(), issue()])
  return { first, second, untrusted, caPem: first.rootPem + second.rootPem }
}
