import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, type ConnectionOptions, createServer, type Server, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { issueServerCertificate, type ServerCertificate } from './ca.ts'

let certificate: ServerCertificate
let chainServer: Server
let leafServer: Server
let leafPem: string
let intermediatePem: string

async function serve(cert: string): Promise<Server> {
  const server = createServer({ key: certificate.keyPem, cert }, (socket: TLSSocket) =>
    socket.on('error', () => undefined),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

beforeAll(async () => {
  certificate = await issueServerCertificate(['localhost', '127.0.0.1', '::1'])
  const [leaf = '', intermediate = ''] = certificate.chainPem.split(/(?<=-----END CERTIFICATE-----\r?\n)(?=-)/)
  leafPem = leaf
  intermediatePem = intermediate
  chainServer = await serve(certificate.chainPem)
  leafServer = await serve(leafPem)
})

afterAll(() => {
  chainServer.close()
  leafServer.close()
})

async function outcome(server: Server, options: ConnectionOptions): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options })
  try {
    await once(socket, 'secureConnect')
    return 'ok'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'no code'
  } finally {
    socket.destroy()
  }
}

it('is a chain leaf ← intermediate with path length 0 ← root', () => {
  const leaf = new X509Certificate(leafPem)
  const intermediate = new X509Certificate(intermediatePem)
  const root = new X509Certificate(certificate.rootPem)
  expect([leaf.ca, intermediate.ca, root.ca]).toEqual([false, true, true])
  expect(leaf.verify(intermediate.publicKey) && leaf.checkIssued(intermediate)).toBe(true)
  expect(intermediate.verify(root.publicKey) && intermediate.checkIssued(root)).toBe(true)
  expect(root.verify(root.publicKey)).toBe(true)
  expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
})

it.each([
  ['no CA', (): ConnectionOptions => ({}), 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['the root', () => ({ ca: certificate.rootPem }), 'ok', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['the intermediate', () => ({ ca: intermediatePem }), 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT'],
  ['the intermediate, partial chain', () => ({ ca: intermediatePem, allowPartialTrustChain: true }), 'ok', 'ok'],
  ['root and intermediate', () => ({ ca: certificate.rootPem + intermediatePem }), 'ok', 'ok'],
])('a client that trusts %s', async (_ca, options, withChain, withLeaf) => {
  const trust = { servername: 'localhost', ...options() }
  expect([await outcome(chainServer, trust), await outcome(leafServer, trust)]).toEqual([withChain, withLeaf])
})
