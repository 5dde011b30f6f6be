import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'
import { assert, constantFrom, integer, property, record, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { octetString, oidNode, sequence } from '../testing/pkcs12-file.ts'
import { DerError, type DerNode, members, octets } from './der.ts'
import { decrypt } from './password-cipher.ts'
import { IterationBudget, IterationLimitError } from './pkcs12-key.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const info = forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(forge.pki.privateKeyFromPem(pem)))
const plaintext = forge.asn1.toDer(info).getBytes()

const ALGORITHMS = ['3des', 'aes128', 'aes192', 'aes256'] as const
const PRFS = ['sha1', 'sha256', 'sha384', 'sha512'] as const

interface Encryption {
  readonly algorithm?: (typeof ALGORITHMS)[number]
  readonly prfAlgorithm?: (typeof PRFS)[number]
  readonly count?: number
  readonly saltSize?: number
}

/** Encrypted by node-forge. */
function encrypted(password: string, options: Encryption = {}): readonly [algorithm: DerNode, octets: string] {
  const settings = { algorithm: 'aes256', count: 10, saltSize: 8, ...options } as const
  const [algorithm, data] = members(forge.pki.encryptPrivateKeyInfo(info, password, settings))
  if (algorithm === undefined) throw new Error('node-forge returned no algorithm')
  return [algorithm, octets(data)]
}

const opened = ([algorithm, data]: ReturnType<typeof encrypted>, text: string): string =>
  decrypt(algorithm, data, { text, budget: new IterationBudget() })

describe('decrypt', () => {
  it.each(ALGORITHMS.flatMap((algorithm) => PRFS.map((prfAlgorithm) => ({ algorithm, prfAlgorithm }))))(
    'opens $algorithm with PBKDF2 and $prfAlgorithm',
    (options) => expect(opened(encrypted('pass', options), 'pass')).toBe(plaintext),
  )

  it('returns the plaintext for the password, and never for another one', () => {
    const settings = record({
      algorithm: constantFrom(...ALGORITHMS),
      prfAlgorithm: constantFrom(...PRFS),
      count: integer({ min: 1, max: 50 }),
      saltSize: integer({ min: 8, max: 32 }),
    })
    assert(
      property(settings, string({ minLength: 1 }), string(), (options, password, another) => {
        const file = encrypted(password, options)
        expect(opened(file, password)).toBe(plaintext)
        if (another === password) return
        try {
          expect(opened(file, another)).not.toBe(plaintext)
        } catch (error) {
          // Most wrong keys end in bad padding.
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('counts the iterations of the file before it derives a key', () => {
    // A key of 32 bytes takes two digests of SHA-1.
    const file = encrypted('pass', { count: 20_000, prfAlgorithm: 'sha1' })
    const budget = new IterationBudget()
    decrypt(...file, { text: 'pass', budget })
    expect(() => decrypt(...file, { text: 'pass', budget })).toThrow(IterationLimitError)
  })

  it.each([
    ['the algorithm', sequence(oidNode('1.2.3'))],
    [
      'the key derivation',
      sequence(oidNode('1.2.840.113549.1.5.13'), sequence(sequence(oidNode('1.2.3')), sequence())),
    ],
    ['an algorithm that is no sequence', octetString('x')],
    ['no algorithm', undefined],
  ])('rejects what it does not know: %s', (_what, algorithm) => {
    expect(() => decrypt(algorithm, '', { text: 'pass', budget: new IterationBudget() })).toThrow(DerError)
  })
})
