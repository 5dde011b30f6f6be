import { X509Certificate } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { type ControlPlaneKeys, createKeys } from './certificates.ts'

let keys: ControlPlaneKeys
beforeAll(async () => {
  keys = await createKeys()
})

it('creates a CA that signs the other certificates', () => {
  const ca = new X509Certificate(keys.caPem)
  expect(ca.ca).toBe(true)
  for (const { certificatePem } of [keys.server, keys.admin]) {
    const certificate = new X509Certificate(certificatePem)
    expect(certificate.ca).toBe(false)
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect(certificate.checkIssued(ca)).toBe(true)
  }
})

it('creates a server certificate for the loopback address', () => {
  const server = new X509Certificate(keys.server.certificatePem)
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(server.checkIP('127.0.0.2')).toBeUndefined()
  expect(server.checkHost('localhost')).toBe('localhost')
})

it('makes the admin a member of system:masters', () => {
  expect(new X509Certificate(keys.admin.certificatePem).subject.split('\n')).toEqual(['CN=admin', 'O=system:masters'])
})
