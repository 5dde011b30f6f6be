import { issueServerCertificate, type ServerCertificate } from '@ack-secret-manager/kms-simulator'

let certificate: Promise<ServerCertificate> | undefined

/** Certificate of the simulators of all files of a worker, because RSA keys take most of the start time. */
export function kmsCertificate(): Promise<ServerCertificate> {
  certificate ??= issueServerCertificate(['localhost', '127.0.0.1', '::1'])
  return certificate
}
