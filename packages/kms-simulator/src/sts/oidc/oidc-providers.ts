import type { OidcKeys } from './oidc-keys.ts'

/** An identity provider that is registered in RAM. */
export interface OidcProvider {
  readonly arn: string
  readonly issuer: string
  /** One of them must be in the audience of a token. */
  readonly clientIds: readonly string[]
  readonly keys: OidcKeys
}

/** The identity providers, by ARN. */
export class OidcProviders {
  readonly #providers = new Map<string, OidcProvider>()

  constructor(providers: Iterable<OidcProvider>) {
    for (const provider of providers) this.put(provider)
  }

  get(arn: string): OidcProvider | undefined {
    return this.#providers.get(arn.toLowerCase())
  }

  put(provider: OidcProvider): void {
    this.#providers.set(provider.arn.toLowerCase(), provider)
  }

  /** False if it does not exist. */
  delete(arn: string): boolean {
    return this.#providers.delete(arn.toLowerCase())
  }
}
