import forge from 'node-forge'

/** The file requires more key derivation than {@link IterationBudget} allows. */
export class IterationLimitError extends Error {
  override readonly name = 'IterationLimitError'
}

/**
 * Maximum number of key derivation iterations for one file. The file chooses the number, and the derivation blocks the event loop:
 * all iterations take about 250 ms. The files of KMS need about 10,000.
 */
const MAX_ITERATIONS = 50_000

/** Limits the iterations of one file to {@link MAX_ITERATIONS}. */
export class IterationBudget {
  #left = MAX_ITERATIONS

  /** @throws IterationLimitError when fewer than `iterations` are left */
  take(iterations: number): void {
    if (iterations > this.#left) throw new IterationLimitError()
    this.#left -= iterations
  }
}

const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

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

/** Derives a key from a password. RFC 7292, appendix B. */
export function pkcs12Key(options: Pkcs12KeyOptions): Buffer {
  const { password, salt, iterations, purpose, lengthBytes, digest = forge.md.sha1.create(), budget } = options
  budget.take(iterations * Math.ceil(lengthBytes / digest.digestLength))
  const buffer = forge.util.createBuffer(salt)
  const key = forge.pkcs12.generateKey(password, buffer, PURPOSE[purpose], iterations, lengthBytes, digest)
  return Buffer.from(key.getBytes(), 'binary')
}
