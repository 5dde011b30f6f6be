import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import forge from 'node-forge'
import { dkmsStringToSign } from '../instance/dkms-signature.ts'
import { httpsCall, type HttpsReply } from './https-call.ts'
import { decodeProtobuf, encodeProtobuf, type ProtobufField } from '../instance/protobuf.ts'

/** An opened client key. */
export interface HeldKey {
  readonly id: string
  readonly key: KeyObject
}

/** Opens a client key file as a client does. */
export async function openClientKey(held: { readonly file: string; readonly password: string }): Promise<HeldKey> {
  const { KeyId, PrivateKeyData } = JSON.parse(await readFile(held.file, 'utf8')) as Record<string, string>
  const asn1 = forge.asn1.fromDer(Buffer.from(PrivateKeyData ?? '', 'base64').toString('latin1'))
  const pfx = forge.pkcs12.pkcs12FromAsn1(asn1, held.password)
  const bagType = forge.pki.oids['pkcs8ShroudedKeyBag'] ?? ''
  const privateKey = pfx.getBags({ bagType })[bagType]?.[0]?.key
  if (privateKey === undefined || privateKey === null) throw new Error('there is no key in it')
  return { id: KeyId ?? '', key: createPrivateKey(forge.pki.privateKeyToPem(privateKey)) }
}

/** A request about to be sent. */
export interface DkmsWire {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

/** The response: fields of the message by number, texts decoded. */
export interface DkmsReply {
  readonly status: number
  readonly contentType: string
  readonly fields: Readonly<Record<number, string | number>>
}

function toReply({ status, headers, body }: HttpsReply): DkmsReply {
  const fields = (decodeProtobuf(body) ?? []).map(({ number, value }): [number, string | number] => [
    number,
    typeof value === 'number' ? value : Buffer.from(value).toString('utf8'),
  ])
  return { status, contentType: headers['content-type'] ?? '', fields: Object.fromEntries(fields) }
}

/** Sends one GetSecretValue with a client key; `before` changes it before it is signed, `tamper` after. */
export async function dkmsCall(options: {
  readonly endpoint: string
  readonly ca: string
  readonly held: HeldKey
  readonly fields: readonly ProtobufField[]
  readonly date?: Date
  readonly before?: (wire: DkmsWire) => void
  readonly tamper?: (wire: DkmsWire) => void
}): Promise<DkmsReply> {
  const { endpoint, ca, held, date = new Date() } = options
  const body = encodeProtobuf(options.fields)
  const wire: DkmsWire = {
    method: 'POST',
    path: '/',
    headers: {
      accept: 'application/x-protobuf',
      date: date.toUTCString(),
      'x-kms-apiversion': 'dkms-gcs-0.2',
      'x-kms-apiname': 'GetSecretValue',
      'x-kms-signaturemethod': 'RSA_PKCS1_SHA_256',
      'x-kms-acccesskeyid': held.id,
      'content-type': 'application/x-protobuf',
      'content-sha256': createHash('sha256').update(body).digest('hex').toUpperCase(),
    },
    body,
  }
  options.before?.(wire)
  const signature = sign('sha256', Buffer.from(dkmsStringToSign(wire.method, wire.headers, wire.path)), held.key)
  wire.headers['authorization'] = `Bearer ${signature.toString('base64')}`
  options.tamper?.(wire)
  const { path, ...sent } = wire
  return toReply(await httpsCall(new URL(path, endpoint), { ...sent, ca }))
}
