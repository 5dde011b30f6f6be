import { verify } from 'node:crypto'
import { inspect } from 'node:util'
import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { assert, property, uint8Array } from 'fast-check'
import forge from 'node-forge'
import { thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { type ClientKeyOptions, parseClientKey } from './client-key.ts'
import { certified, clientKeyFile, pkcs12, testKey } from './testing/client-key-files.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 0, 1)
const KEY_ID = 'KAAP.0d5c1f22-1f2b-4c3a-9d7e-5f6a7b8c9d0e'
const PASSWORD = 'Pass-word1'
const own = testKey(NOW - DAY_MS, NOW + 365 * DAY_MS)
const other = testKey(NOW - DAY_MS, NOW + 365 * DAY_MS)
const good = pkcs12(own)
const GOOD_FILE = clientKeyFile(good)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const json = (value: unknown): Uint8Array => bytes(JSON.stringify(value))

const parse = (change: Partial<ClientKeyOptions> = {}) =>
  parseClientKey({
    content: GOOD_FILE,
    password: bytes(PASSWORD),
    clock: new ManualClock(NOW),
    ...change,
  })

describe('parseClientKey', () => {
  it.each(['3des', 'aes128', 'aes192', 'aes256'] as const)(
    'reads a file that was re-encrypted with %s',
    (algorithm) => {
      const key = parse({ content: clientKeyFile(pkcs12(own, { algorithm })) })
      const signed = bytes('anything')
      expect(verify('sha256', signed, own.publicKey, key.sign(signed))).toBe(true)
      expect(key).toMatchObject({ keyId: KEY_ID, notBeforeMs: NOW - DAY_MS, notAfterMs: NOW + 365 * DAY_MS })
    },
  )

  it.each([
    ['a final newline', bytes(`${PASSWORD}\n`)],
    ['a byte order mark and CR LF', bytes(`\uFEFF${PASSWORD}\r\n`)],
    ['blanks', bytes(`  ${PASSWORD}\t`)],
    ['Sensitive text', new Sensitive(`${PASSWORD}\n`)],
    ['Sensitive bytes', new Sensitive(bytes(PASSWORD))],
  ])('trims %s around the password', (_rule, password) => expect(parse({ password }).keyId).toBe(KEY_ID))

  it('accepts a byte order mark and line breaks around the file and in its base64', () => {
    const lines = pkcs12(own).toString('base64').replaceAll(/.{64}/g, '$&\r\n')
    const text = JSON.stringify({ KeyId: ` ${KEY_ID}\n`, PrivateKeyData: `${lines}\n` }, null, 2)
    expect(parse({ content: bytes(`\uFEFF${text}\n\n`) }).keyId).toBe(KEY_ID)
  })

  it('accepts a password with characters outside ASCII', () => {
    const password = 'pä§§-wörd'
    expect(parse({ content: clientKeyFile(pkcs12(own, { password })), password: bytes(password) }).keyId).toBe(KEY_ID)
  })

  it('has no validity without a certificate', () => {
    const key = parse({ content: clientKeyFile(pkcs12(own, { certificate: null })) })
    expect(key).not.toHaveProperty('notAfterMs')
    expect(key.sign(bytes('x'))).toHaveLength(256)
  })

  it('has another fingerprint for another id, key or validity', () => {
    const longer = certified(own, NOW - DAY_MS, NOW + 700 * DAY_MS)
    const earlier = certified(own, NOW - 2 * DAY_MS, NOW + 365 * DAY_MS)
    const fingerprints = [
      parse(),
      parse({ content: clientKeyFile(pkcs12(own, { algorithm: 'aes256' })) }),
      parse({ content: clientKeyFile(pkcs12(other)) }),
      parse({ content: clientKeyFile(pkcs12(own), 'KAAP.another') }),
      parse({ content: clientKeyFile(pkcs12(own, { certificate: longer })) }),
      parse({ content: clientKeyFile(pkcs12(own, { certificate: earlier })) }),
    ].map((key) => key.fingerprint)
    // The same key in another encryption has the same fingerprint.
    expect(fingerprints[1]).toBe(fingerprints[0])
    expect(new Set(fingerprints).size).toBe(5)
  })

  it('stops signing after expiry and after close', () => {
    const clock = new ManualClock(NOW)
    const key = parse({ clock })
    clock.jumpWallClock(366 * DAY_MS)
    expect(() => key.sign(bytes('x'))).toThrowError(
      expect.objectContaining({ code: 'Unauthenticated', message: expect.stringContaining('expired at 2027-01-01') }),
    )
    const closed = parse()
    closed.close()
    expect(() => closed.sign(bytes('x'))).toThrowError(expect.objectContaining({ code: 'Cancelled' }))
  })

  it('shows nothing of the key to inspect', () => {
    const key = parse()
    const { d } = own.privateKey.export({ format: 'jwk' })
    expect(inspect(key, { depth: 10, showHidden: true }) + JSON.stringify(key)).not.toContain(d)
  })
})

/** One byte changed. */
function flipped(der: Buffer, at: number): Buffer {
  const copy = Buffer.from(der)
  copy[at] = (copy[at] ?? 0) ^ 0x55
  return copy
}

/** An offset in the ciphertext of the key. */
function insideKey(der: Buffer): number {
  const shroud = der.indexOf(Buffer.from(forge.asn1.oidToDer('1.2.840.113549.1.12.1.3').getBytes(), 'binary'))
  return shroud + 200
}

const weak = testKey(NOW - DAY_MS, NOW + DAY_MS, 1_024)
const over = testKey(NOW - 30 * DAY_MS, NOW - DAY_MS)
const early = testKey(NOW + DAY_MS, NOW + 30 * DAY_MS)

/** Every invalid input and its error. No error may contain a part of the input. */
const WRONG: ReadonlyArray<readonly [string, Partial<ClientKeyOptions>, RegExp]> = [
  ['an empty file', { content: bytes(' \n') }, /^FILE is empty$/],
  ['a file too large', { content: new Uint8Array(65_537) }, /^FILE is longer than 65536 bytes$/],
  ['the PKCS#12 file itself', { content: good }, /^FILE is not UTF-8 text$/],
  ['no JSON', { content: bytes('canary') }, /^FILE is not JSON: expected the file with KeyId and PrivateKeyData/],
  [
    'base64 of the file',
    { content: bytes(Buffer.from(clientKeyFile(good)).toString('base64')) },
    /encode it only once$/,
  ],
  ['a list', { content: json(['canary']) }, /^FILE is not a JSON object$/],
  ['no KeyId', { content: json({ PrivateKeyData: good.toString('base64') }) }, /^FILE has no KeyId/],
  ['a KeyId that is none', { content: clientKeyFile(good, 'KAAP.x\r\nx: canary') }, /^FILE has a malformed KeyId/],
  ['a number as KeyId', { content: json({ KeyId: 1, PrivateKeyData: '' }) }, /^FILE has a KeyId that is not a string$/],
  ['no PrivateKeyData', { content: json({ KeyId: KEY_ID }) }, /^FILE has no PrivateKeyData/],
  [
    'nothing as PrivateKeyData',
    { content: json({ KeyId: KEY_ID, PrivateKeyData: '' }) },
    /PrivateKeyData that is not base64$/,
  ],
  ['no base64', { content: json({ KeyId: KEY_ID, PrivateKeyData: 'canary!' }) }, /PrivateKeyData that is not base64$/],
  ['no PKCS#12', { content: clientKeyFile(bytes('canary')) }, /PrivateKeyData that is not PKCS#12, or is truncated$/],
  [
    'a certificate',
    {
      content: clientKeyFile(
        Buffer.from(forge.asn1.toDer(forge.pki.certificateToAsn1(own.certificate)).getBytes(), 'binary'),
      ),
    },
    /not PKCS#12/,
  ],
  ['a file cut short', { content: clientKeyFile(good.subarray(0, -1)) }, /not PKCS#12, or is truncated$/],
  ['an empty password', { password: bytes('\n') }, /^PASSWORD is empty$/],
  ['a password too long', { password: bytes('x'.repeat(1_025)) }, /^PASSWORD is longer than 1024 bytes$/],
  ['a password of bytes', { password: Uint8Array.of(0xff, 0xfe) }, /^PASSWORD is not UTF-8 text$/],
  ['a wrong password', { password: bytes('canary') }, /^PASSWORD does not open the FILE$/],
  [
    'a wrong password for AES',
    { content: clientKeyFile(pkcs12(own, { algorithm: 'aes256' })), password: bytes('canary') },
    /^PASSWORD does not open the FILE$/,
  ],
  [
    'two passwords',
    { password: bytes(`${PASSWORD}\ncanary`) },
    /^PASSWORD does not open the FILE: it contains white space/,
  ],
  [
    'a byte changed in the key',
    { content: clientKeyFile(flipped(good, insideKey(good))) },
    /^FILE is damaged, although the password is right/,
  ],
  [
    'a byte changed in the MAC',
    { content: clientKeyFile(flipped(good, good.length - 30)) },
    /^FILE is damaged, although the password is right/,
  ],
  ['no key inside', { content: clientKeyFile(pkcs12(own, { key: null })) }, /^FILE contains no private key$/],
  [
    "another key's certificate",
    { content: clientKeyFile(pkcs12(own, { certificate: other.certificate })) },
    /^FILE contains the certificate of another key$/,
  ],
  ['a weak key', { content: clientKeyFile(pkcs12(weak)) }, /^FILE has a key that is not RSA of 2048 to 8192 bits$/],
  [
    'too many rounds',
    { content: clientKeyFile(pkcs12(own, { algorithm: 'aes256', count: 60_000 })) },
    /^FILE requires too many iterations/,
  ],
  [
    'a key that is over',
    { content: clientKeyFile(pkcs12(over)) },
    /^client key KAAP\.\S+ expired at 2025-12-31T00:00:00.000Z: create a new one in KMS$/,
  ],
  [
    'a key that has not begun',
    { content: clientKeyFile(pkcs12(early)) },
    /^client key KAAP\.\S+ is not valid before 2026-01-02T00:00:00.000Z: wait, or check this machine's clock$/,
  ],
]

describe('bad input', () => {
  it.each(WRONG)('%s', (_rule, change, message) => {
    const error = thrownBy(() => parse({ contentName: 'FILE', passwordName: 'PASSWORD', ...change }))
    expect(error).toMatchObject({ code: 'Unauthenticated', message: expect.stringMatching(message) })
    expect(error).not.toHaveProperty('cause')
    const seen = inspect(error, { depth: 10, showHidden: true })
    for (const secret of ['canary', PASSWORD, good.toString('base64').slice(0, 40)]) expect(seen).not.toContain(secret)
  })

  it('rejects random bytes as file and as PKCS#12', () => {
    const survives = (content: Uint8Array): boolean => {
      const error = thrownBy(() => parse({ content }))
      expect(error).toMatchObject({ code: 'Unauthenticated' })
      return true
    }
    assert(property(uint8Array({ maxLength: 500 }), survives))
    assert(property(uint8Array({ minLength: 1, maxLength: 500 }), (der) => survives(clientKeyFile(der))))
  })

  it('rejects a changed byte anywhere and never reads another key', () => {
    const { fingerprint } = parse()
    for (let at = 0; at < good.length; at += 37) {
      const result = thrownBy(() => parse({ content: clientKeyFile(flipped(good, at)) }))
      // Bytes outside the MAC may change without an effect; bytes that it covers may not.
      if (result instanceof Error) expect(result, `byte ${at}`).toMatchObject({ code: 'Unauthenticated' })
      else expect(result, `byte ${at}`).toMatchObject({ returned: { fingerprint } })
    }
  })
})
