import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** Key and certificate chain of the server, PEM. */
interface ServerCertificate {
  readonly keyPem: string
  readonly chainPem: string
}

/** Runs `work` against a TLS server with responses that a real gateway would not send. */
export async function withGateway<T>(
  { certificate, cert = certificate.chainPem }: { certificate: ServerCertificate; cert?: string },
  listener: RequestListener,
  work: (endpoint: string) => Promise<T>,
): Promise<T> {
  const server = createTlsServer({ key: certificate.keyPem, cert }, listener).listen(0, '127.0.0.1')
  return run(server, work)
}

/** The same without TLS. */
export function withPlainServer<T>(work: (endpoint: string) => Promise<T>): Promise<T> {
  return run(createServer().listen(0, '127.0.0.1'), work)
}

async function run<T>(server: ReturnType<typeof createServer>, work: (endpoint: string) => Promise<T>): Promise<T> {
  await once(server, 'listening')
  try {
    return await work(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
