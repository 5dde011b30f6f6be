import forge from 'node-forge'

/** Thrown when a file asks for more key derivation than is granted. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork'
}

/**
 * Rounds of key derivation that one file may cost: it names the number itself, and the derivation blocks the process.
 * KMS's own files need about 10,000; all rounds together take a quarter of a second.
 */
const MAX_ITERATIONS = 50_000

/** Counts what is left of {@link MAX_ITERATIONS}. */
export class IterationBudget {
  #left = MAX_ITERATIONS

  /** @throws TooMuchWork when `iterations` are more than what is left */
  take(iterations: number): void {
    if (iterations > this.#left) throw new TooMuchWork()
    this.#left -= iterations
  }
}

const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

/** Options of {@link pkcs12Key}. */
export interface Pkcs12KeyOptions {
  readonly password: string
  /** Binary string. */
  readonly salt: string
  readonly iterations: number
  readonly purpose: keyof typeof PURPOSE
  readonly lengthBytes: number
  /** @default SHA-1 */
  readonly digest?: forge.md.MessageDigest
  readonly budget: IterationBudget
}

/** Derives a key from a password, as RFC 7292, appendix B. */
export function pkcs12Key(options: Pkcs12KeyOptions): Buffer {
  const { password, salt, iterations, purpose, lengthBytes, digest = forge.md.sha1.create(), budget } = options
  budget.take(iterations * Math.ceil(lengthBytes / digest.digestLength))
  const buffer = forge.util.createBuffer(salt)
  const key = forge.pkcs12.generateKey(password, buffer, PURPOSE[purpose], iterations, lengthBytes, digest)
  return Buffer.from(key.getBytes(), 'binary')
}
