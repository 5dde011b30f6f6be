import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { tokenRefused } from './oidc-token.ts'

/** A JSON Web Key Set. */
export const jwksSchema = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })).max(100),
})

/** Source of the keys of an issuer. */
export type KeySource =
  | { readonly jwks: z.output<typeof jwksSchema> }
  /** Absolute path. */
  | { readonly jwksFile: string }
  /** `http:` or `https:`. */
  | { readonly jwksUrl: string }

const MAX_BYTES = 1024 * 1024
const FETCH_DEADLINE_MS = 5_000

interface NamedKey {
  readonly id: string | undefined
  readonly key: KeyObject
}

function broken(): Error {
  return tokenRefused('IssuerConfigurationBroken', 'The keys of the OIDC provider cannot be read.')
}

async function readText(source: { readonly jwksFile: string } | { readonly jwksUrl: string }): Promise<string> {
  if ('jwksFile' in source) {
    if ((await stat(source.jwksFile)).size > MAX_BYTES) throw broken()
    return readFile(source.jwksFile, 'utf8')
  }
  const response = await fetch(source.jwksUrl, { redirect: 'error', signal: AbortSignal.timeout(FETCH_DEADLINE_MS) })
  if (!response.ok || response.body === null) throw broken()
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length
    if (length > MAX_BYTES) {
      await reader.cancel()
      throw broken()
    }
    chunks.push(part.value)
  }
  return Buffer.concat(chunks, length).toString('utf8')
}

function importKeys(document: unknown): NamedKey[] {
  return jwksSchema.parse(document).keys.map((jwk) => ({
    id: jwk.kid,
    key: createPublicKey({ key: jwk, format: 'jwk' }),
  }))
}

/** The public keys of one issuer. Read at the first use, and again if a token names an unknown key. */
export class OidcKeys {
  readonly #source: KeySource
  #known: readonly NamedKey[] | undefined

  constructor(source: KeySource) {
    this.#source = source
  }

  /**
   * The keys that may have signed a token: the one with its key id, or all if it names none.
   * @throws ApiError `AuthenticationFail.OIDCToken.IssuerConfigurationBroken` when they cannot be read
   */
  async find(keyId: string | undefined): Promise<readonly KeyObject[]> {
    const matching = (keys: readonly NamedKey[]): KeyObject[] =>
      keys.filter(({ id }) => keyId === undefined || id === keyId).map(({ key }) => key)
    const known = matching(this.#known ?? [])
    if (known.length > 0) return known
    this.#known = await this.#read()
    return matching(this.#known)
  }

  async #read(): Promise<readonly NamedKey[]> {
    try {
      return importKeys('jwks' in this.#source ? this.#source.jwks : JSON.parse(await readText(this.#source)))
    } catch {
      // The response does not contain the cause, because it may quote the document.
      throw broken()
    }
  }
}
