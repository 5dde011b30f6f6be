import forge from 'node-forge'
import { describe, expect, it } from 'vitest'
import { IterationBudget, IterationLimitError, pkcs12Key, type Pkcs12KeyOptions } from './pkcs12-key.ts'

const binary = (hex: string): string => Buffer.from(hex, 'hex').toString('binary')

const derive = (options: Partial<Pkcs12KeyOptions>): Buffer =>
  pkcs12Key({
    password: 'smeg',
    salt: binary('0a58cf64530d823f'),
    iterations: 1,
    purpose: 'key',
    lengthBytes: 24,
    budget: new IterationBudget(),
    ...options,
  })

describe('pkcs12Key', () => {
  // The vectors of the tests of OpenSSL and Bouncy Castle; the last one is from golang.org/x/crypto/pkcs12.
  it.each([
    ['smeg', '0a58cf64530d823f', 'key', 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
    ['smeg', '0a58cf64530d823f', 'iv', 1, '79993dfe048d3b76'],
    ['smeg', '3d83c0e4546ac140', 'mac', 1, '8d967d88f6caa9d714800ab3d48051d63f73a312'],
    ['queeg', '05dec959acff72f7', 'key', 1_000, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4'],
    ['queeg', '05dec959acff72f7', 'iv', 1_000, '11dedad7758d4860'],
    ['queeg', '263216fcc2fab31c', 'mac', 1_000, '5ec4c7a80df652294c3925b6489a7ab857c83476'],
    ['sesame', 'ffffffffffffffff', 'key', 2_048, '7cd9fd3e2b3be7691a44e3bef0f9ea0fb9b897d4e325d9d1'],
  ] as const)('derives from %s with salt %s: %s, %i iterations', (password, salt, purpose, iterations, expected) => {
    const options = { password, salt: binary(salt), purpose, iterations, lengthBytes: expected.length / 2 }
    expect(derive(options).toString('hex')).toBe(expected)
  })

  it('derives other bytes with another digest', () => {
    const keys = [undefined, forge.md.sha256.create(), forge.md.sha512.create()].map((digest) =>
      derive(digest === undefined ? {} : { digest }).toString('hex'),
    )
    expect(new Set(keys).size).toBe(3)
  })

  it('spends the budget of a file before it computes', () => {
    const budget = new IterationBudget()
    // 24 bytes are two digests of SHA-1.
    derive({ budget, iterations: 20_000 })
    expect(() => derive({ budget, iterations: 5_001 })).toThrow(IterationLimitError)
    expect(derive({ budget, iterations: 5_000 })).toHaveLength(24)
    expect(() => derive({ budget, iterations: 1 })).toThrow(IterationLimitError)
  })

  it.each([2 ** 31, Number.MAX_SAFE_INTEGER])('rejects %i iterations at once', (iterations) => {
    expect(() => derive({ iterations })).toThrow(IterationLimitError)
  })
})
