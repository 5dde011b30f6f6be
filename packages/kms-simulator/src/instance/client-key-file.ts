import { createPublicKey, randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SecretSyncError } from '@ack-secret-manager/core'
import forge from 'node-forge'
import { z } from 'zod'
import { generateKeys } from '../ca.ts'
import type { ClientKey } from './client-keys.ts'
import { type Pkcs12Encryption, readPkcs12Certificate, writePkcs12 } from './pkcs12.ts'

/** Input of a new client key. */
export interface ClientKeyRequest {
  readonly id: string
  readonly password: string
  readonly secrets: readonly string[]
  readonly notAfterMs: number
  readonly encryption: Pkcs12Encryption
}

const DAY_MS = 86_400_000
const MAX_FILE_BYTES = 64 * 1024

const fileSchema = z.object({ KeyId: z.string(), PrivateKeyData: z.base64() })

/**
 * Creates an RSA-2048 key with a self-signed certificate that expires with the key, and writes the client key file (mode 0600) into
 * `directory`. Source of the format: Alibaba Cloud KMS user guide, "Application access points".
 */
export async function createClientKey(request: ClientKeyRequest, directory: string): Promise<ClientKey> {
  const { id, password, secrets, notAfterMs, encryption } = request
  const keys = await generateKeys()
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = keys.publicKey
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Math.min(Date.now(), notAfterMs) - DAY_MS)
  certificate.validity.notAfter = new Date(notAfterMs)
  const subject = [{ name: 'commonName', value: id }]
  certificate.setSubject(subject)
  certificate.setIssuer(subject)
  certificate.sign(keys.privateKey, forge.md.sha256.create())

  const pkcs12 = writePkcs12({ certificate, key: keys.privateKey }, password, encryption)
  const file = join(directory, `clientkey-${id}.json`)
  const text = JSON.stringify({ KeyId: id, PrivateKeyData: pkcs12.toString('base64') })
  await writeFile(file, text, { mode: 0o600 })
  return { id, publicKey: createPublicKey(keys.privatePem), secrets, notAfterMs, file, password }
}

/**
 * Reads a client key from an existing file. It expires with its certificate.
 * @throws SecretSyncError `InvalidSpec` when it cannot be read, is of another key, or the password is wrong
 */
export async function loadClientKey(
  wanted: Pick<ClientKey, 'id' | 'password' | 'secrets'>,
  file: string,
): Promise<ClientKey> {
  const { id, password, secrets } = wanted
  const invalid = (why: string): SecretSyncError =>
    new SecretSyncError('InvalidSpec', `client key ${id}: ${file}: ${why}`)
  let text: string
  try {
    if ((await stat(file)).size > MAX_FILE_BYTES) throw invalid(`it is larger than ${MAX_FILE_BYTES} bytes`)
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof SecretSyncError) throw error
    throw invalid(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
  try {
    const content = fileSchema.parse(JSON.parse(text))
    if (content.KeyId !== id) throw invalid('it has another KeyId')
    const certificate = readPkcs12Certificate(Buffer.from(content.PrivateKeyData, 'base64'), password)
    const publicKey = createPublicKey(forge.pki.certificateToPem(certificate))
    return { id, publicKey, secrets, notAfterMs: certificate.validity.notAfter.getTime(), file, password }
  } catch (error) {
    if (error instanceof SecretSyncError) throw error
    throw invalid('is not a client key file, or the password is wrong')
  }
}
