import { createHash, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import forge from 'node-forge'
import { thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { certified, testKey } from '../testing/client-key-files.ts'
import { octetString, oidNode, pkcs12File, sequence, tagZero } from '../testing/pkcs12-file.ts'
import { openPkcs12, type Pkcs12Content } from './pkcs12.ts'

const PASSWORD = 'Pass-word1'
const PARTS = { content: 'FILE', password: 'PASSWORD' }
const open = (der: Uint8Array, password = PASSWORD): Pkcs12Content => openPkcs12(der, password, PARTS)
const refusal = (der: Uint8Array): unknown => thrownBy(() => open(der))

interface OpensslFiles {
  readonly password: string
  readonly publicKeySha256: string
  readonly files: Readonly<Record<string, string>>
  readonly unicode: { readonly password: string; readonly file: string }
}

const openssl = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../testdata/openssl.json'), 'utf8'),
) as OpensslFiles

function opensslFile(name: string): Buffer {
  const file = openssl.files[name]
  if (file === undefined) throw new Error(`testdata has no file ${name}`)
  return Buffer.from(file, 'base64')
}

function publicKeyDigest({ privateKey }: Pkcs12Content): string {
  const der = createPublicKey(privateKey.export({ format: 'pem', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  })
  return createHash('sha256').update(der).digest('hex')
}

describe('files of OpenSSL', () => {
  it.each(['default', 'legacy', 'aes128-sha384', 'sha512-mac', 'plain', 'des3', 'noiter'])(
    'opens %s and finds key and certificate',
    (name) => {
      const content = open(opensslFile(name))
      expect(publicKeyDigest(content)).toBe(openssl.publicKeySha256)
      expect(content.certificate?.subject).toBe('CN=client key')
    },
  )

  it.each(['default', 'legacy', 'aes128-sha384', 'sha512-mac', 'plain', 'des3', 'noiter'])(
    'does not open %s with another password',
    (name) => {
      expect(thrownBy(() => open(opensslFile(name), 'Pass-word2'))).toMatchObject({
        code: 'Unauthenticated',
        message: 'PASSWORD does not open the FILE',
      })
    },
  )

  it('opens a file whose password has characters outside the BMP', () => {
    const { password, file } = openssl.unicode
    expect(publicKeyDigest(open(Buffer.from(file, 'base64'), password))).toBe(openssl.publicKeySha256)
  })

  it('rejects a file without a MAC', () => {
    expect(refusal(opensslFile('nomac'))).toMatchObject({
      code: 'Unauthenticated',
      message: 'FILE has a PKCS#12 file without a MAC, so its integrity cannot be checked',
    })
  })

  it('rejects an algorithm that it does not know', () => {
    expect(refusal(opensslFile('rc2-128'))).toMatchObject({
      message: 'FILE is damaged, or uses an unsupported algorithm',
    })
  })

  it('opens no file that was cut short, at any length', () => {
    const file = opensslFile('legacy')
    for (let length = 0; length < file.length; length += 101)
      expect(refusal(file.subarray(0, length)), `${length} bytes`).toMatchObject({ code: 'Unauthenticated' })
  })
})

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 0, 1)
const key = testKey(NOW, NOW + DAY_MS)
const other = testKey(NOW, NOW + DAY_MS)
const later = certified(key, NOW, NOW + 2 * DAY_MS)

const keyBag = ({ key: privateKey }: { readonly key: forge.pki.rsa.PrivateKey }): forge.asn1.Asn1 =>
  bag('1.2.840.113549.1.12.10.1.1', forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(privateKey)))

const certBag = (certificate: forge.pki.Certificate, type = '1.2.840.113549.1.9.22.1'): forge.asn1.Asn1 =>
  bag(
    '1.2.840.113549.1.12.10.1.3',
    sequence(
      oidNode(type),
      tagZero(octetString(forge.asn1.toDer(forge.pki.certificateToAsn1(certificate)).getBytes())),
    ),
  )

const bag = (type: string, value: forge.asn1.Asn1): forge.asn1.Asn1 => sequence(oidNode(type), tagZero(value))

const DATA = '1.2.840.113549.1.7.1'

/** SafeContents with these bags, not encrypted. */
const part = (...bags: readonly forge.asn1.Asn1[]): forge.asn1.Asn1 =>
  sequence(oidNode(DATA), tagZero(octetString(forge.asn1.toDer(sequence(...bags)).getBytes())))

const UNKNOWN = '1.2.3.4.5'

describe('content of a file', () => {
  it('takes the certificate of the key among others', () => {
    const file = pkcs12File([part(certBag(other.certificate)), part(keyBag(key), certBag(later))], PASSWORD)
    const content = open(file)
    expect(content.certificate?.validToDate.getTime()).toBe(NOW + 2 * DAY_MS)
    expect(content.privateKey.asymmetricKeyDetails?.modulusLength).toBe(2_048)
  })

  it('ignores bags and certificates of other types', () => {
    const file = pkcs12File(
      [part(bag(UNKNOWN, octetString('canary')), certBag(other.certificate, UNKNOWN), keyBag(key))],
      PASSWORD,
    )
    expect(open(file).certificate).toBeUndefined()
  })

  it('reads octets in pieces, as BER allows', () => {
    const file = pkcs12File([part(keyBag(key))], PASSWORD, { pieces: true })
    expect(open(file).privateKey.asymmetricKeyType).toBe('rsa')
  })

  const unreadable = 'FILE is damaged, or uses an unsupported algorithm'
  it.each<readonly [string, readonly forge.asn1.Asn1[], string]>([
    ['two keys', [part(keyBag(key)), part(keyBag(other))], 'FILE contains 2 private keys: expected exactly one'],
    ['no key', [part(certBag(key.certificate))], 'FILE contains no private key'],
    ['nothing', [], 'FILE contains no private key'],
    [
      "another key's certificate",
      [part(keyBag(key), certBag(other.certificate))],
      'FILE contains the certificate of another key',
    ],
    ['33 bags', [part(...Array.from({ length: 33 }, () => bag(UNKNOWN, octetString(''))))], unreadable],
    ['an unknown kind of part', [sequence(oidNode(UNKNOWN), tagZero(octetString('')))], unreadable],
    ['a part that is no sequence', [octetString('canary')], unreadable],
    ['a bag without a value', [part(sequence(oidNode(UNKNOWN)))], unreadable],
    ['a key that is none', [part(bag('1.2.840.113549.1.12.10.1.1', octetString('canary')))], unreadable],
    [
      'a certificate that is none',
      [
        part(
          bag(
            '1.2.840.113549.1.12.10.1.3',
            sequence(oidNode('1.2.840.113549.1.9.22.1'), tagZero(octetString('canary'))),
          ),
        ),
      ],
      unreadable,
    ],
  ])('rejects %s', (_what, parts, message) => {
    const error = refusal(pkcs12File(parts, PASSWORD))
    expect(error).toMatchObject({ code: 'Unauthenticated', message })
    expect(JSON.stringify(error)).not.toContain('canary')
  })

  it('accepts 32 bags', () => {
    const bags = Array.from({ length: 31 }, () => bag(UNKNOWN, octetString('')))
    expect(open(pkcs12File([part(keyBag(key), ...bags)], PASSWORD)).privateKey.type).toBe('private')
  })

  it.each([
    ['an unknown digest of the MAC', { macDigest: UNKNOWN }, unreadable],
    ['more iterations than the limit', { iterations: 50_001 }, /^FILE requires too many iterations/],
  ])('rejects %s', (_what, options, message) => {
    expect(refusal(pkcs12File([part(keyBag(key))], PASSWORD, options))).toMatchObject({
      message: expect.stringMatching(message),
    })
  })

  it('counts the iterations that find the cause of a MAC mismatch', () => {
    const info = forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key.key))
    const encrypted = forge.pki.encryptPrivateKeyInfo(info, PASSWORD, { algorithm: '3des', count: 2 })
    const file = pkcs12File([part(bag('1.2.840.113549.1.12.10.1.2', encrypted))], PASSWORD, { iterations: 49_999 })
    expect(thrownBy(() => open(file, 'other'))).toMatchObject({
      message: expect.stringMatching(/^FILE requires too many iterations/),
    })
  })

  it('rejects elements nested 15,000 deep', () => {
    let nested = ''
    for (let depth = 0; depth < 15_000; depth++) nested += '\u0030\u0080'
    expect(refusal(Buffer.from(nested, 'binary'))).toMatchObject({
      message: 'FILE has a PrivateKeyData that is not PKCS#12, or is truncated',
    })
    const inside = pkcs12File([sequence(oidNode(DATA), tagZero(octetString(nested)))], PASSWORD)
    expect(refusal(inside)).toMatchObject({ message: unreadable })
  })
})
