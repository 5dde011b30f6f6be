import { issueServerCertificate, type ServerCertificate } from '@ack-secret-manager/kms-simulator'

/** What doors present. */
export interface ProxyCertificates {
  readonly first: ServerCertificate
  readonly second: ServerCertificate
  /** Of a CA that nobody was told of. */
  readonly stranger: ServerCertificate
  /** CAs of the first two, PEM: what clients trust. */
  readonly caPem: string
}

/** Issues certificates for 127.0.0.1, each of a CA of its own. */
export async function createProxyCertificates(): Promise<ProxyCertificates> {
  const issue = (): Promise<ServerCertificate> => issueServerCertificate(['127.0.0.1', 'localhost'])
  const [first, second, stranger] = await Promise.all([issue(), issue(), issue()])
  return { first, second, stranger, caPem: first.rootPem + second.rootPem }
}
